import { type Kysely, sql } from 'kysely'
import type { Tables } from '../store/schema.ts'

/** Rooms or accounts in one question. */
const together = 500

/** What the store says of many rooms and accounts at once: how nodes find what the road between them has lost (PostgreSQL). */
export function createLookout(db: Kysely<Tables>) {
  return {
    /** How far these rooms have come. */
    async heads(rooms: string[]): Promise<{ room: string; last: number; n: number }[]> {
      const found = []
      for (const some of chunks(rooms)) found.push(...(await db.selectFrom('head').selectAll().where('room', 'in', some).execute()))
      return found
    },

    /**
     * Of each account the sum over its rooms of 32 bits that stand for the room's id, and of its read marks. Two numbers an account, worked
     * out where the rows are: all of them, every few seconds, would be most of what the database sends.
     */
    async digests(accounts: string[]): Promise<{ account: string; rooms: number; read: number }[]> {
      const check = sql<number>`sum(('x' || encode(substring(sha256(convert_to(room, 'UTF8')) from 1 for 4), 'hex'))::bit(32)::bigint)`
      const found = []
      for (const some of chunks(accounts)) {
        const rows = await db
          .selectFrom('member')
          .select(['account', check.as('rooms')])
          .select(({ fn }) => fn.sum<number>('read').as('read'))
          .where('account', 'in', some)
          .groupBy('account')
          .execute()
        found.push(...rows)
      }
      return found
    },
  }
}

export type Lookout = ReturnType<typeof createLookout>

function* chunks(ids: string[]): Generator<string[]> {
  for (let from = 0; from < ids.length; from += together) yield ids.slice(from, from + together)
}
