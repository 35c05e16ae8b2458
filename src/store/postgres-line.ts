import pg from 'pg'
import { clientConfig } from './postgres-connection.ts'
import { isLost, isOnNoStandby, isOutdated, onNoStandby } from './postgres-faults.ts'
import type { Say } from './postgres-fetch.ts'
import type { PostgresLimits, PostgresPlace } from './postgres-place.ts'

/**
 * The one connection that appends. Statements go out one behind the other without waiting for answers, so that a batch costs two
 * round trips. When it breaks, the next batch makes a new one.
 */
export function createLine(place: PostgresPlace, limits: PostgresLimits) {
  let client: pg.Client | undefined
  let isUnsure = false

  async function connected(): Promise<pg.Client> {
    if (client) return client
    const fresh = new pg.Client({ ...clientConfig(place, limits), pipeline: true })
    // Whatever broke it also fails the statements that are on the way; nobody else has to know.
    fresh.on('error', () => drop(fresh))
    fresh.on('end', () => drop(fresh))
    fresh.on('notice', (notice) => {
      isUnsure ||= isOnNoStandby(notice)
    })
    try {
      await fresh.connect()
    } catch (error) {
      drop(fresh)
      throw error
    }
    client = fresh
    return fresh
  }

  function drop(broken: pg.Client): void {
    if (client === broken) client = undefined
    broken.end().catch(() => undefined)
  }

  return {
    /**
     * @param work a transaction: what it says goes out between a BEGIN and either the COMMIT that it says itself, or a ROLLBACK.
     * @throws what the driver threw first
     */
    async transaction<T>(work: (say: Say, commit: () => Promise<void>) => Promise<T>): Promise<T> {
      const line = await connected()
      const faults: unknown[] = []
      const run = (config: pg.QueryConfig) => {
        const result = line.query<pg.QueryResultRow>(config)
        // Of many that fail only the first one says why; none may go unheard, which would end the process.
        result.catch((error: unknown) => void faults.push(error))
        return result
      }
      const say: Say = async <Row>(name: string, text: string, values: unknown[] = []) => (await run({ name, text, values })).rows as Row[]
      const commit = async () => {
        const { command } = await run({ text: 'commit' })
        if (isUnsure) throw onNoStandby()
        if (command !== 'COMMIT') throw faults[0] ?? new Error('PostgreSQL rolled back where it was asked to commit.')
      }
      isUnsure = false
      try {
        run({ text: 'begin' })
        return await work(say, commit)
      } catch (error) {
        const first = faults[0] ?? error
        if (isLost(first)) drop(line)
        else await line.query('rollback').catch(() => drop(line))
        if (isOutdated(first)) drop(line) // the statements are prepared anew on the next one
        throw first
      }
    },
    async close(): Promise<void> {
      await client?.end().catch(() => undefined)
    },
  }
}

export type Line = ReturnType<typeof createLine>
