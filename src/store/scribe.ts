import type { DatabaseSync } from 'node:sqlite'
import { Refusal } from '../protocol/codes.ts'
import { createActs, type Of, type Standing } from './acts.ts'
import type { Act, Entry, Landed, Outcome } from './append.ts'
import { createAuthority } from './authority.ts'
import { createLedger } from './ledger.ts'

export interface Written {
  outcomes: Outcome[]
  landed: Landed[]
}

/**
 * Writes entries into the book of rooms: many in one transaction, one fsync for all. Runs where the only
 * writer runs. Every entry is checked inside the transaction that writes it, so that nothing commits after a
 * login has ended or a member has gone.
 */
export function createScribe(db: DatabaseSync) {
  const authority = createAuthority(db)
  const ledger = createLedger(db)
  const { acts, repeated } = createActs({ db, authority, ledger })
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')

  function apply(entry: Entry): Outcome {
    const byOperator = entry.by === 'parley' && entry.login === undefined
    if (!byOperator && !authority.holds(entry.login ?? '', entry.by, entry.at)) throw new Refusal('signed_out')
    const again = 'key' in entry.do ? repeated(entry, entry.do.key) : undefined
    if (again) return again
    if (entry.known) throw new Refusal('rate_limited')
    const me = standing(entry, byOperator)
    return (acts[entry.do.act] as (entry: Of<Act['act']>, me: Standing) => Outcome)(entry, me)
  }

  /** A private room that one is not in is not there at all. */
  function standing(entry: Entry, byOperator: boolean): Standing {
    if (entry.do.act === 'create') return undefined
    const room = authority.room(entry.room)
    if (!room) throw new Refusal('no_such_room')
    if (byOperator) return undefined
    const me = authority.member(entry.by, entry.room)
    if (!me && room.kind !== 'public') throw new Refusal('no_such_room')
    if (!me && entry.do.act !== 'join') throw new Refusal('not_member')
    return me
  }

  function one(entry: Entry): Outcome {
    try {
      return apply(entry)
    } catch (error) {
      if (error instanceof Refusal) return { refused: error.code, message: error.message }
      throw error
    }
  }

  function transact(entries: Entry[]): Written {
    begin.run()
    try {
      const outcomes = entries.map(one)
      ledger.settle()
      commit.run()
      return { outcomes, landed: ledger.close() }
    } catch (error) {
      ledger.drop()
      authority.forget()
      if (db.isTransaction) db.exec('rollback')
      throw error
    }
  }

  /** One bad entry must not fail its batch: after a fault each goes alone, and only the bad one is refused. */
  function write(entries: Entry[]): Written {
    try {
      return transact(entries)
    } catch (error) {
      if (isFatal(error)) throw error
      if (entries.length === 1) return { outcomes: [{ refused: isFull(error) ? 'unavailable' : 'internal' }], landed: [] }
      const each = entries.map((entry) => write([entry]))
      return { outcomes: each.flatMap(({ outcomes }) => outcomes), landed: each.flatMap(({ landed }) => landed) }
    }
  }

  return { write, forget: authority.forget }
}

const codeOf = (error: unknown): number => Number((error as { errcode?: number }).errcode) || 0
const [ioerr, corrupt, full] = [10, 11, 13]
/** SQLITE_IOERR_SHMSIZE: no room to enlarge the index of the log, before anything was written. A full disk, not a broken one. */
const noRoomForIndex = 4874

/** After a failed fsync nobody knows what is on the disk (fsyncgate): the process must end, not try again. */
export const isFatal = (error: unknown): boolean => [ioerr, corrupt].includes(codeOf(error) & 0xff) && codeOf(error) !== noRoomForIndex
export const isFull = (error: unknown): boolean => (codeOf(error) & 0xff) === full || codeOf(error) === noRoomForIndex
