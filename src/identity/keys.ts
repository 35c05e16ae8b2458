import type { Kysely, Transaction } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Tables } from '../store/schema.ts'
import type { Audit } from './audit.ts'
import type { Ended, Logins } from './logins.ts'
import { holdSecrets, kinds, type SecretEntry, type SecretKind, type SecretState, type Secrets } from './secrets.ts'

/** How the keys of the ring change: next → active → retiring → gone. */
export interface Keys {
  list(): SecretEntry[]
  /**
   * The next one signs from now on, and what the one before has signed still holds. The new next one is published long before it signs,
   * so that no node meets a key it has never seen.
   * @param olderThan only if the active one has signed for longer (ms).
   * @returns the ids, or undefined when it was younger.
   */
  rotate(kind: SecretKind, olderThan?: number): Promise<Rotated | undefined>
  /**
   * Throws a key away, whatever its state: all that it signed is refused when this returns, the logins that rest on it have
   * ended, and the connections that came in by it are closed.
   * @throws Refusal invalid when there is no such key
   */
  retire(id: string): Promise<Retired>
  /** Rotates what is old, drops what nothing rests on any more, and takes up what other nodes have changed. */
  sweep(): Promise<void>
}

export interface Rotated {
  kind: SecretKind
  active: string
  retiring: string
}

export type Retired = Ended & { id: string; kind: SecretKind; state: SecretState }

interface Deps {
  db: Kysely<Tables>
  now: () => number
  audit: Pick<Audit, 'note'>
  secrets: Secrets
  logins: Pick<Logins, 'end'>
  /** ms that a key signs before the next one takes over; 0 = until somebody says so. */
  rotateAfter: () => number
  /** Closes the connections that came in by a key that is gone, and says how many. */
  forsake: () => Promise<number>
  /** The same on all other nodes, when they have read the keys again. */
  elsewhere?: () => Promise<{ connections: number; unconfirmed: number }>
}

const nowhere = async () => ({ connections: 0, unconfirmed: 0 })

/** ms: `token.life` is never more. A token that holds for longer is noted with its key. */
export const longestLife = 600_000
/** ms in which every node has read of a rotation; until then one may sign with the key before. Twice the time between two sweeps. */
const lag = 120_000
/** ms that clocks may differ. */
const skew = 30_000

export function createKeys({ db, now, audit, secrets, logins, rotateAfter, forsake, elsewhere = nowhere }: Deps): Keys {
  const ofKind = (tx: Kysely<Tables>, kind: SecretKind) => tx.selectFrom('secret').selectAll().where('kind', '=', kind)

  async function move(tx: Transaction<Tables>, kind: SecretKind, from: SecretState, to: SecretState): Promise<string> {
    const moved = await tx
      .updateTable('secret')
      .set({ state: to, since: now() })
      .where('kind', '=', kind)
      .where('state', '=', from)
      .returning('id')
      .execute()
    return moved[0]?.id ?? ''
  }

  /** The next one takes over, and a new next one is made. */
  async function promote(tx: Transaction<Tables>, kind: SecretKind): Promise<string> {
    const active = await move(tx, kind, 'next', 'active')
    await addNext(tx, kind)
    return active
  }

  const addNext = (tx: Transaction<Tables>, kind: SecretKind) => tx.insertInto('secret').values(secrets.make(kind, 'next')).execute()

  async function rotate(kind: SecretKind, olderThan?: number): Promise<Rotated | undefined> {
    const rotated = await db.transaction().execute(async (tx) => {
      // Asked in here as well: of two nodes that find it old, one rotates.
      await holdSecrets(tx)
      const present = await ofKind(tx, kind).where('state', '=', 'active').executeTakeFirst()
      if (olderThan !== undefined && present !== undefined && now() - present.since < olderThan) return undefined
      const retiring = await move(tx, kind, 'active', 'retiring')
      const active = await promote(tx, kind)
      await audit.note(tx, { event: 'key_rotated', what: active, extra: { kind, retiring } })
      return { kind, active, retiring }
    })
    await secrets.reload()
    return rotated
  }

  async function retire(id: string): Promise<Retired> {
    let gone: Pick<Retired, 'kind' | 'state'> | undefined
    const throwAway = async (tx: Transaction<Tables>) => {
      await holdSecrets(tx)
      gone = await tx.deleteFrom('secret').where('id', '=', id).returning(['kind', 'state']).executeTakeFirst()
      if (gone === undefined) throw new Refusal('invalid', `There is no key "${id}". See: parley keys list`)
      if (gone.state === 'active') await promote(tx, gone.kind)
      if (gone.state === 'next') await addNext(tx, gone.kind)
      await audit.note(tx, { event: 'key_retired', what: id, extra: gone })
    }
    const ended = await logins.end({ key: id }, 'key_retired', throwAway).finally(() => secrets.reload())
    const [here, there] = await Promise.all([forsake(), elsewhere()])
    const connections = ended.connections + here + there.connections
    const unconfirmed = Math.max(ended.unconfirmed, there.unconfirmed)
    return { id, ...(gone as Pick<Retired, 'kind' | 'state'>), ...ended, connections, unconfirmed }
  }

  /** Nothing that a key signed holds longer than `token.life`, but what was noted with it. */
  const isSpent = (at: number) => (row: { since: number; signed_until: number }) =>
    row.since + longestLife + lag + skew < at && row.signed_until + skew < at

  /**
   * Cookies are as old as their logins, so a secret stays while a login lives whose cookie it has signed, or one before it: a rotation may fall
   * between the writing of a session, which notes the secret, and its cookie.
   */
  async function unusedCookieSecrets(tx: Transaction<Tables>, at: number): Promise<string[]> {
    const used = await tx
      .selectFrom('login')
      .leftJoin('secret', 'secret.id', 'login.kid')
      .select((eb) => {
        const retired = eb
          .case()
          .when('secret.id', 'is', null)
          .then(0)
          .when('secret.state', '=', 'retiring')
          .then(eb.ref('secret.since'))
          .end()
        return eb.fn.min(retired).as('oldest')
      })
      .where('login.credential', '=', 'cookie')
      .where('login.ended_at', 'is', null)
      .where('login.expires_at', '>', at)
      .executeTakeFirst()
    const oldest = used?.oldest ?? Number.POSITIVE_INFINITY
    const retiring = await ofKind(tx, 'cookie').where('state', '=', 'retiring').execute()
    return retiring.filter(({ since }) => since + lag < at && since < oldest).map(({ id }) => id)
  }

  async function drop(): Promise<void> {
    const at = now()
    if (!secrets.list().some(({ state, since }) => state === 'retiring' && since + lag < at)) return
    await db.transaction().execute(async (tx) => {
      await holdSecrets(tx)
      // Held, since a token that is made just now may be noted with one of them.
      const tokens = await ofKind(tx, 'token').where('state', '=', 'retiring').orderBy('id').forUpdate().execute()
      const spent = [...tokens.filter(isSpent(at)).map(({ id }) => id), ...(await unusedCookieSecrets(tx, at))]
      if (spent.length === 0) return
      await tx.deleteFrom('secret').where('id', 'in', spent).execute()
      await audit.note(tx, ...spent.map((id) => ({ event: 'key_dropped', what: id }) as const))
    })
  }

  async function sweep(): Promise<void> {
    await secrets.reload()
    const old = rotateAfter()
    const isOld = ({ state, since }: SecretEntry) => state === 'active' && now() - since >= old
    for (const kind of kinds) if (old > 0 && secrets.list().some((entry) => entry.kind === kind && isOld(entry))) await rotate(kind, old)
    await drop()
    await secrets.reload()
    await forsake()
  }

  return { list: secrets.list, rotate, retire, sweep }
}
