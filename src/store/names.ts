import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Tables } from './schema.ts'

/** Both are the same until the store is restored from a backup, which gives it a new incarnation. */
export async function namesOf(db: Kysely<Tables>): Promise<{ incarnation: string; lineage: string }> {
  // Of nodes that start at once the first one names it, and the others read that.
  const named = async (name: string, otherwise: string): Promise<string> => {
    await db
      .insertInto('meta')
      .values({ name, value: otherwise })
      .onConflict((c) => c.doNothing())
      .execute()
    return (await db.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirstOrThrow()).value
  }
  const incarnation = await named('store', randomBytes(9).toString('base64url'))
  return { incarnation, lineage: await named('lineage', incarnation) }
}

/** bytes: about what a long message and its places in the indexes take. */
const probeBytes = 16_384

/** Writes a little and takes it back. */
export async function probe(db: Kysely<Tables>): Promise<void> {
  for (const value of ['x'.repeat(probeBytes), ''])
    await db
      .insertInto('meta')
      .values({ name: 'probe', value })
      .onConflict((c) => c.column('name').doUpdateSet({ value }))
      .execute()
}
