import { readFileSync } from 'node:fs'
import type { PostgresPool, PostgresPoolClient } from 'kysely'
import pg from 'pg'
import type { Query } from './meter.ts'
import { isConflict, isLost, isOnNoStandby, onNoStandby, passing } from './postgres-faults.ts'
import type { PostgresLimits, PostgresPlace } from './postgres-place.ts'

/** Times, numbers and counts of ours are far below 2^53: numbers, as in SQLite. */
const types = new pg.TypeOverrides()
const [int8, numeric] = [20, 1700]
types.setTypeParser(int8, Number)
types.setTypeParser(numeric, Number)

/** ms within which a connection must be there, or a place in the pool. */
const connectionTimeout = 5_000
/** ms that the server's own time-out gets before a connection that says nothing is given up. */
const grace = 2_000

/** How every connection of ours is made. The server ends what takes too long; a server that is deaf is given up from here. */
export const clientConfig = (place: PostgresPlace, { statementTimeout }: Pick<PostgresLimits, 'statementTimeout'>): pg.ClientConfig => ({
  host: place.host,
  port: place.port,
  user: place.user,
  password: place.password ?? '',
  database: place.database,
  ssl: place.tls
    ? { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(place.tls.caFile && { ca: readFileSync(place.tls.caFile) }) }
    : false,
  application_name: 'parley',
  connectionTimeoutMillis: connectionTimeout,
  statement_timeout: statementTimeout,
  idle_in_transaction_session_timeout: statementTimeout,
  ...(statementTimeout > 0 && { query_timeout: statementTimeout + grace }),
  // What the role or the database has as its default must not change what a transaction sees.
  options: '-c default_transaction_isolation=read\\ committed -c default_transaction_read_only=off',
  keepAlive: true,
  types,
})

/** Attempts at a statement or a transaction that others got in the way of, before whoever asked has to ask again. */
export const conflictsBorne = 5

/** Connections on which something has been committed that is on no standby, and whoever asked has not been told yet. */
const unsure = new WeakSet<pg.PoolClient>()

export type Ask = <Row>(text: string, values?: unknown[]) => Promise<Row[]>

/**
 * The connections for everything but the append. What passes comes up as a refusal.
 * @param tell hears of each statement, and of each connection that was not to be had.
 */
export function createPool(place: PostgresPlace, limits: PostgresLimits, tell: (query: Query) => void = () => undefined) {
  const pool = new pg.Pool({ ...clientConfig(place, limits), max: limits.poolSize, idleTimeoutMillis: 60_000 })
  // Idle or not, a connection that breaks tells whoever uses it next; an error that nobody listens to would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => {
    client.on('error', () => undefined)
    client.on('notice', (notice) => void (isOnNoStandby(notice) && unsure.add(client)))
  })

  async function connect() {
    const began = performance.now()
    const client = await pool.connect().catch((error: unknown) => {
      tell({ text: 'connect', ms: performance.now() - began, error })
      throw passing(error)
    })
    return wrap(client, tell)
  }

  let ended: Promise<void> | undefined
  const end = (): Promise<void> => {
    ended ??= pool.end()
    return ended
  }

  return {
    end,
    /** As Kysely wants it. */
    kysely: {
      options: {},
      connect: async () => (await connect()) as PostgresPoolClient,
      end,
    } satisfies PostgresPool,
    connections: () => ({
      used: pool.totalCount - pool.idleCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      limit: limits.poolSize,
    }),
    /** Several questions about one moment: nothing that is committed meanwhile is seen. */
    async reading<T>(work: (ask: Ask) => Promise<T>): Promise<T> {
      const client = await connect()
      let failed = true
      try {
        await client.query('begin isolation level repeatable read read only')
        const answer = await work(async <Row>(text: string, values: unknown[] = []) => (await client.query<Row>(text, values)).rows)
        await client.query('commit')
        failed = false
        return answer
      } finally {
        if (failed) await client.query('rollback').catch(() => client.release(true))
        client.release()
      }
    },
  }
}

function wrap(client: pg.PoolClient, tell: (query: Query) => void) {
  let isBroken = false
  let isReleased = false

  /** A statement by itself that lost a deadlock is said again; one in a transaction has lost that. */
  async function query<Row>(text: string, values: readonly unknown[] = [], tries = 0): Promise<Answer<Row>> {
    const isAlone = client.getTransactionStatus() === 'I'
    const began = performance.now()
    try {
      const answer = await client.query<Row & pg.QueryResultRow>(text, values.map(storable))
      if (unsure.delete(client)) throw onNoStandby()
      tell({ text, ms: performance.now() - began })
      return answer as Answer<Row>
    } catch (error) {
      tell({ text, ms: performance.now() - began, error })
      isBroken ||= isLost(error)
      if (isAlone && isConflict(error) && tries < conflictsBorne) return query(text, values, tries + 1)
      throw passing(error)
    }
  }

  return {
    query,
    release(destroy = false): void {
      if (!isReleased) client.release(destroy || isBroken)
      isReleased = true
    },
  }
}

/** What the columns of a query say its rows are: the one place where that is taken on trust. */
interface Answer<Row> {
  command: 'UPDATE' | 'DELETE' | 'INSERT' | 'SELECT' | 'MERGE' | 'COMMIT' | 'ROLLBACK'
  rowCount: number
  rows: Row[]
}

/** The driver sends `undefined` silently as NULL: say so here rather than store a surprise. */
function storable(value: unknown): unknown {
  if (value === undefined) throw new TypeError('undefined cannot be stored')
  return value
}

export type Pool = ReturnType<typeof createPool>
