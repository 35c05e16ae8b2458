import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** What a store is called that somebody has put back by other means than ours; clients drop their cursors when they meet the name. */
export const newIncarnation = (): string => randomBytes(9).toString('base64url')

/**
 * Makes a store that was put back from a copy safe to open: it gets its new name, and every login ends, since nobody can say any more
 * which of them had.
 * @param at ms since 1970
 * @returns how many logins it ended
 */
export function settleRestored(db: Kysely<Tables>, store: string, at: number): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const ended = await tx
      .updateTable('login')
      .set({ ended_at: at, ended_why: 'ended' })
      .where('ended_at', 'is', null)
      .returning('id')
      .execute()
    await tx.deleteFrom('web_session').execute()
    // An invitation may have been used or withdrawn since; a new one is quickly made.
    await tx.deleteFrom('invite').execute()
    await tx.updateTable('meta').set({ value: store }).where('name', '=', 'store').execute()
    return ended.length
  })
}
