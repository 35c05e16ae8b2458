import type { Kysely } from 'kysely'
import type { EndedNews } from '../bus/bus.ts'
import type { Tables } from '../store/schema.ts'

/** A row of the audit log. The number alone does not name it: a database that was put back, or lost its last moments, gives it again. */
export interface Place {
  seq: number
  hash: string
}

/** What happened since somebody last looked that every node has to act upon. */
export interface News {
  /** The audit log has been read up to this row. */
  upTo: Place
  /** The row up to which it had been read is not there any more: what has ended since, nobody can say but the logins themselves. */
  isCut: boolean
  /** There is more behind it already. */
  more: boolean
  ended: EndedNews[]
  /** Keys have changed, or one was thrown away. */
  keys: boolean
}

const endings = ['session_terminated', 'session_expired']
const keyEvents = ['key_rotated', 'key_retired', 'key_dropped']
/** Rows in one look; the next goes on behind them. */
const most = 5000

/**
 * Endings in the order in which they were committed. Each is a row of the audit log, written in the same transaction, and whoever adds a
 * row holds the log until the commit: so no row with a lower number ever appears behind one that was read, as it would with a sequence.
 */
export function createFeed(db: Kysely<Tables>) {
  async function newest(): Promise<Place> {
    const row = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row ?? { seq: 0, hash: '' }
  }
  const at = async (seq: number) => db.selectFrom('audit').select(['seq', 'hash']).where('seq', '=', seq).executeTakeFirst()

  return {
    newest,
    async since(seen: Place): Promise<News> {
      const last = await newest()
      if (seen.seq > 0 && (await at(seen.seq))?.hash !== seen.hash) return { upTo: last, isCut: true, more: false, ended: [], keys: true }
      const upTo = (last.seq > seen.seq + most ? await at(seen.seq + most) : undefined) ?? last
      if (upTo.seq <= seen.seq) return { upTo: seen, isCut: false, more: false, ended: [], keys: false }
      const rows = await db
        .selectFrom('audit')
        .select(['event', 'login', 'what', 'request', 'extra'])
        .where('seq', '>', seen.seq)
        .where('seq', '<=', upTo.seq)
        .where('event', 'in', [...endings, ...keyEvents])
        .orderBy('seq')
        .execute()
      const ended = rows.flatMap(({ event, login, what, request, extra }) =>
        endings.includes(event) && login !== null ? [{ login, account: what ?? '', why: whyOf(extra), request: request ?? undefined }] : [],
      )
      return { upTo, isCut: false, more: upTo.seq < last.seq, ended, keys: rows.some(({ event }) => keyEvents.includes(event)) }
    },
  }
}

export type Feed = ReturnType<typeof createFeed>

function whyOf(extra: string | null): string {
  const read: unknown = extra === null ? undefined : JSON.parse(extra)
  const why: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, 'why') : undefined
  return typeof why === 'string' ? why : 'ended'
}
