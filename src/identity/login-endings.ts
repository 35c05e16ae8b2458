import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { EndedWhy, Tables } from '../store/schema.ts'
import type { Audit } from './audit.ts'
import type { Announce, Ended, Which } from './logins.ts'

interface Deps {
  db: Kysely<Tables>
  now: () => number
  audit: Pick<Audit, 'note'>
  announce: Announce
  /** Each ending once: why, how many logins, and for a call how many ms it took until their last bytes were out. */
  ended?: (why: EndedWhy, logins: number, ms?: number) => void
}

/** A second call that ends the same login waits for the first one's news to be out as well. */
const stillTellingMs = 10_000
const rememberEndedMs = 30 * 24 * 3600_000

const outOfTime = (at: number) =>
  sql<boolean>`(login.expires_at <= ${at} or (login.idle_ms > 0 and login.last_seen_at + login.idle_ms <= ${at}))`
/** Activity counts only for what is still in time: nothing brings a login back. */
export const inTime = (at: number) =>
  sql<boolean>`(login.ended_at is null and login.expires_at > ${at} and (login.idle_ms = 0 or login.last_seen_at + login.idle_ms > ${at}))`

function named(which: Which): RawBuilder<boolean> {
  if ('ids' in which) return sql<boolean>`login.id in (${sql.join(which.ids)})`
  if ('key' in which) return sql<boolean>`login.kid = ${which.key}`
  return sql<boolean>`(login.account = ${which.account} and login.id <> ${which.except ?? ''})`
}

/** How logins end. Each way is one transaction that also takes the browser's session away, so that no cookie leads anywhere. */
export function createEndings({ db, now, audit, announce, ended: count = () => undefined }: Deps) {
  async function end(which: Which, why: EndedWhy, because?: (tx: Transaction<Tables>) => Promise<void>): Promise<Ended> {
    if ('ids' in which && which.ids.length === 0) return { logins: 0, connections: 0, unconfirmed: 0 }
    const at = now()
    const since = performance.now()
    const { ended, telling } = await db.transaction().execute(async (tx) => {
      await because?.(tx)
      const ended = await mark(tx, sql<boolean>`${named(which)} and login.ended_at is null`, at, why)
      const telling = await tx
        .selectFrom('login')
        .select(['id', 'account', 'ended_why'])
        .where(named(which))
        .where('ended_at', '>=', at - stillTellingMs)
        .execute()
      return { ended, telling }
    })
    const told = await announce(telling.map(({ id, account, ended_why }) => ({ login: id, account, why: ended_why ?? why })))
    if (ended > 0) count(why, ended, performance.now() - since)
    return { logins: ended, ...told }
  }

  /** Marks those of `ids` that ran out of time. Each is asked again in the update: it may have been active meanwhile. */
  async function runOut(ids: string[], why: 'idle' | 'absolute'): Promise<void> {
    if (ids.length === 0) return
    const at = now()
    const marked = db
      .transaction()
      .execute((tx) => mark(tx, sql<boolean>`${named({ ids })} and login.ended_at is null and ${outOfTime(at)}`, at, why))
    count(why, await marked)
  }

  /** Ends what ran out of time with nobody looking, and forgets what ended a month ago. */
  async function sweep(): Promise<void> {
    const at = now()
    const { absolute, idle } = await db.transaction().execute(async (tx) => {
      const absolute = await mark(tx, sql<boolean>`login.ended_at is null and login.expires_at <= ${at}`, at, 'absolute')
      const idle = await mark(tx, sql<boolean>`login.ended_at is null and ${outOfTime(at)}`, at, 'idle')
      await tx
        .deleteFrom('login')
        .where('ended_at', '<', at - rememberEndedMs)
        .execute()
      return { absolute, idle }
    })
    count('absolute', absolute)
    count('idle', idle)
  }

  async function mark(tx: Transaction<Tables>, which: RawBuilder<boolean>, at: number, why: EndedWhy): Promise<number> {
    // With many writers the append holds on to the login of what it writes: an ending waits for that, and what comes after it sees the end.
    await tx.selectFrom('login').select('id').where(which).orderBy('id').forUpdate().execute()
    const ended = await tx.updateTable('login').set({ ended_at: at, ended_why: why }).where(which).returning(['id', 'account']).execute()
    for (const ids of chunks(ended.map(({ id }) => id))) await tx.deleteFrom('web_session').where('login', 'in', ids).execute()
    const event = why === 'idle' || why === 'absolute' ? 'session_expired' : 'session_terminated'
    const who = (account: string) => (why === 'signed_out' ? { who: account } : {})
    await audit.note(tx, ...ended.map(({ id, account }) => ({ event, ...who(account), what: account, login: id, extra: { why } }) as const))
    return ended.length
  }

  return { end, runOut, sweep }
}

/** A query takes a bounded number of ids. */
export function* chunks(ids: string[]): Generator<string[]> {
  for (let from = 0; from < ids.length; from += 500) yield ids.slice(from, from + 500)
}
