import { Kysely, PostgresDialect } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import { NotAStore } from './inspection.ts'
import { noMeter, type Query, type StoreMeter } from './meter.ts'
import { namesOf, probe } from './names.ts'
import { createPostgresAppend } from './postgres-append.ts'
import { type Ask, createPool } from './postgres-connection.ts'
import { postgresFault } from './postgres-faults.ts'
import { checkFitness } from './postgres-fitness.ts'
import { createLine } from './postgres-line.ts'
import type { PostgresLimits, PostgresPlace } from './postgres-place.ts'
import { createPostgresReads } from './postgres-reads.ts'
import { repeating } from './postgres-repeat.ts'
import { stepsOf, takeSteps } from './postgres-steps.ts'
import type { Tables } from './schema.ts'
import type { Store } from './store.ts'
import { createWriteQueue } from './write-queue.ts'

interface Opening {
  place: PostgresPlace
  limits: PostgresLimits
  meter?: StoreMeter
  tell?: (query: Query) => void
}

/** ms that a statement takes before the log says so. */
const slow = 500

/** Connections beside those of the pool, for the lease of a node: when all others wait for something, it must still be renewed. */
const asideSize = 2

/**
 * The store in PostgreSQL, beside other nodes that have it open. Nothing that fails here ends the process: what the database did not
 * acknowledge is refused as `unavailable`, and when it is back, so are we.
 * @throws UnfitDatabase · Error in words
 */
export async function openPostgres({ place, limits, meter = noMeter, tell = () => undefined }: Opening): Promise<Store> {
  await prepare(place)
  const told = (query: Query) => {
    const fault = query.error === undefined ? undefined : postgresFault(query.error)
    if (fault) meter.failed(fault, 'reader')
    if (fault || query.ms > slow) tell(query)
  }
  const [pool, own] = [createPool(place, limits, told), createPool(place, { ...limits, poolSize: asideSize }, told)]
  const db = repeating(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool.kysely }) }))
  const aside = repeating(new Kysely<Tables>({ dialect: new PostgresDialect({ pool: own.kysely }) }))
  const line = createLine(place, limits)
  const queue = createWriteQueue(createPostgresAppend(line, meter), meter, (query) => {
    if (query.error !== undefined || query.ms > slow) tell(query)
  })
  const letGo = async () => {
    await queue.idle()
    await line.close()
    await Promise.all([db.destroy(), aside.destroy()])
  }
  try {
    const names = await namesOf(db)
    return {
      db,
      aside,
      glance: async (query) => (await db.executeQuery(query)).rows[0],
      append: queue,
      reads: createPostgresReads(pool),
      ...names,
      backup: () => Promise.reject(new NotAStore('A store in PostgreSQL is copied with pg_dump.')),
      probe: () => probe(db),
      connections: pool.connections,
      close: letGo,
    }
  } catch (error) {
    await letGo()
    throw error
  }
}

/** Looks at the database, and brings it up to date. Of nodes that start at once one does it, and the others wait; however long a step takes. */
export async function prepare(place: PostgresPlace): Promise<void> {
  const pool = createPool(place, { poolSize: 2, statementTimeout: 0 })
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pool.kysely }) })
  try {
    const look = async (ask: Ask) => {
      await checkFitness(ask)
      return stepsOf(ask)
    }
    const steps = await pool.reading(look).catch((error: unknown) => {
      throw error instanceof Refusal ? new Error(`PostgreSQL at ${place.host} takes nobody in.`, { cause: error.cause }) : error
    })
    await takeSteps(db, steps)
  } finally {
    await db.destroy()
    await pool.end() // which the line before does only where Kysely has asked something
  }
}
