import type { Kysely } from 'kysely'
import type { RoomEvent } from '../protocol/events.ts'
import { pageEvents } from '../protocol/limits.ts'
import { groupReactions, toEvent } from './event-rows.ts'
import type { Tables } from './schema.ts'

/**
 * What comes next in a room, whoever may read it: for a node that has not heard of it and tells those who are in the room. In present
 * form, as in a page.
 */
export const createReadOn =
  (db: Kysely<Tables>) =>
  async (room: string, after: number): Promise<{ events: RoomEvent[]; n: number }> => {
    const rows = await db
      .selectFrom('event')
      .selectAll()
      .where('room', '=', room)
      .where('seq', '>', after)
      .orderBy('seq')
      .limit(pageEvents)
      .execute()
    const changed = rows.filter(({ kind, rev }) => kind === 'message' && rev !== null).map(({ seq }) => seq)
    const reactions =
      changed.length === 0
        ? []
        : await db
            .selectFrom('reaction')
            .select(['seq', 'emoji', 'account'])
            .where('room', '=', room)
            .where('seq', 'in', changed)
            .orderBy('at')
            .orderBy('account')
            .execute()
    const bySeq = groupReactions(reactions)
    return { events: rows.map((row) => toEvent({ ...row, rowid: 0 as never }, bySeq.get(row.seq))), n: rows.at(-1)?.n ?? 0 }
  }
