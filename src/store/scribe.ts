import { Refusal } from '../protocol/codes.ts'
import { createActs, type Of, type Standing } from './acts.ts'
import type { Act, Entry, Landed, Outcome } from './append.ts'
import type { Book } from './book.ts'
import type { Cause } from './cause.ts'
import { createLedger } from './ledger.ts'

export interface Written {
  outcomes: Outcome[]
  landed: Landed[]
  /** Why one of them was refused that nobody had reason to refuse: of many the first. */
  fault?: Cause
}

/**
 * Writes entries into the book of rooms, within the transaction that somebody else begins and ends. Every entry is checked inside the
 * transaction that writes it, so that nothing commits after a login has ended or a member has gone.
 */
export function createScribe(book: Book, nextId: () => string) {
  const ledger = createLedger(book, nextId)
  const { acts, repeated } = createActs(book, ledger)

  /** True while the login is this account's, has neither ended nor grown too old, and the account is enabled. */
  function holds(login: string, account: string, at: number): boolean {
    const now = book.login(login)
    return now !== undefined && now.account === account && now.ended_at === null && now.disabled_at === null && at < now.expires_at
  }

  function apply(entry: Entry): Outcome {
    const byOperator = entry.by === 'parley' && entry.login === undefined
    if (!byOperator && !holds(entry.login ?? '', entry.by, entry.at)) throw new Refusal('signed_out')
    const again = 'key' in entry.do ? repeated(entry, entry.do.key) : undefined
    if (again) return again
    if (entry.known) throw new Refusal('rate_limited')
    const me = standing(entry, byOperator)
    return (acts[entry.do.act] as (entry: Of<Act['act']>, me: Standing) => Outcome)(entry, me)
  }

  /** A private room that one is not in is not there at all. */
  function standing(entry: Entry, byOperator: boolean): Standing {
    if (entry.do.act === 'create') return undefined
    const room = book.room(entry.room)
    if (!room) throw new Refusal('no_such_room')
    if (byOperator) return undefined
    const me = book.member(entry.by, entry.room)
    if (!me && room.kind !== 'public') throw new Refusal('no_such_room')
    if (!me && entry.do.act !== 'join') throw new Refusal('not_member')
    return me
  }

  return {
    write(entry: Entry): Outcome {
      try {
        return apply(entry)
      } catch (error) {
        if (error instanceof Refusal) return { refused: error.code, message: error.message }
        throw error
      }
    },
    settle: ledger.settle,
    close: () => ledger.close(),
    drop: ledger.drop,
  }
}
