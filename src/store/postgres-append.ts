import type { Entry } from './append.ts'
import { causeOf } from './cause.ts'
import { createEventIds } from './ledger.ts'
import type { StoreMeter } from './meter.ts'
import { createPostgresBook } from './postgres-book.ts'
import { conflictsBorne } from './postgres-connection.ts'
import { isConflict, isOfEntry, isOfNoEntry, isOutdated, isTaken, isUnspeakable, passing, postgresFault } from './postgres-faults.ts'
import { fetchWants } from './postgres-fetch.ts'
import { flushChanges } from './postgres-flush.ts'
import type { Line } from './postgres-line.ts'
import { wantsOf } from './postgres-wants.ts'
import { createScribe, type Written } from './scribe.ts'

/** An entry broke the rules themselves: a fault of ours, and not one of the database. */
class EntryFault extends Error {
  override name = 'EntryFault'
}

/**
 * Entries into PostgreSQL: many in one transaction, two round trips and one commit for all, beside other nodes that do the same. The
 * heads of the rooms are locked first; what the entries can ask is fetched; the rules run over that in memory; what they changed is
 * written. Nothing is remembered from one batch to the next, since another node may have written in between.
 */
export function createPostgresAppend(line: Line, meter: StoreMeter): (entries: Entry[]) => Promise<Written> {
  const nextId = createEventIds()

  const transact = (entries: Entry[]): Promise<Written> =>
    line.transaction(async (say, commit) => {
      const book = createPostgresBook(await fetchWants(say, wantsOf(entries)))
      const scribe = createScribe(book, nextId)
      const outcomes = ruled(() => entries.map(scribe.write))
      scribe.settle()
      await Promise.all([...flushChanges(say, book.changes()), commit()])
      return { outcomes, landed: scribe.close() }
    })

  /** A row that is suddenly there means that another node was first with a name: looked at again, the rules say so. */
  async function insist(entries: Entry[], tries = 1): Promise<Written> {
    try {
      return await transact(entries)
    } catch (error) {
      const isPassing = isConflict(error) || isOutdated(error) || (isTaken(error) && entries.length === 1)
      if (tries < conflictsBorne && isPassing) return insist(entries, tries + 1)
      throw error
    }
  }

  /** One bad entry must not fail its batch: after a fault of an entry each goes alone, and only the bad one is refused. */
  return async function write(entries: Entry[]): Promise<Written> {
    try {
      return await insist(entries)
    } catch (error) {
      if (!isOfEntry(error) && !(error instanceof EntryFault)) {
        meter.failed(postgresFault(error) ?? 'other', 'writer', isOfNoEntry(error))
        throw passing(error)
      }
      if (isUnspeakable(error) && entries.length === 1) return { outcomes: [{ refused: 'invalid' }], landed: [] }
      if (entries.length === 1) return { outcomes: [{ refused: 'internal' }], landed: [], fault: causeOf(error) }
      const all: Written = { outcomes: [], landed: [] }
      for (const entry of entries) {
        const { outcomes, landed, fault } = await write([entry])
        all.outcomes.push(...outcomes)
        all.landed.push(...landed)
        if (fault) all.fault ??= fault
      }
      return all
    }
  }
}

function ruled<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new EntryFault('An entry could not be judged.', { cause })
  }
}
