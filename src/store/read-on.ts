import type { Kysely } from 'kysely'
import type { RoomEvent } from '../protocol/events.ts'
import { pageEvents } from '../protocol/limits.ts'
import { type EventContent, toEvent } from './event-rows.ts'
import type { Tables } from './schema.ts'

/**
 * What comes next in a room, whoever may read it: for a node that has not heard of it and tells those who are in the room. Unlike a page
 * it is told as it was said: one who was shown out on the way must not hear of a message what became of it afterwards.
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
    return { events: rows.map((row) => toEvent(asSaid(row))), n: rows.at(-1)?.n ?? 0 }
  }

/** Words that were removed are nowhere any more. Whom an edited message named before is not kept. */
const asSaid = (row: EventContent): EventContent => ({ ...row, edited: null, rev: null, extra: row.edited === null ? row.extra : null })
