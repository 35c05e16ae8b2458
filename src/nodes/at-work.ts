import type { Kysely } from 'kysely'
import type { Tables } from '../store/schema.ts'
import { leaseTimes } from './lease.ts'

/** ms between two looks. */
const lookEvery = 250
/** ms by which a renewal may be late. */
const margin = 1000

/**
 * Nodes that work on a store, seen by one that does not: their rows change while one looks, for somewhat longer than from one renewal to
 * the next. A row that only stands there was left behind, or came with a copy.
 * @param every ms from one renewal to the next
 */
export async function nodesAtWork(db: Kysely<Tables>, every = leaseTimes.every): Promise<string[]> {
  const look = async () =>
    new Map((await db.selectFrom('node').select(['id', 'renewed']).execute()).map(({ id, renewed }) => [id, renewed]))
  const before = await look()
  const end = performance.now() + every + margin
  while (performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, lookEvery))
    const working = [...(await look())].filter(([id, renewed]) => before.get(id) !== renewed).map(([id]) => id)
    if (working.length > 0) return working
  }
  return []
}
