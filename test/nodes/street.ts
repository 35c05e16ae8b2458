import { Kysely, PostgresDialect, sql } from 'kysely'
import pino from 'pino'
import type { Bus, Question } from '../../src/bus/bus.ts'
import { createLocalBus } from '../../src/bus/local.ts'
import { controlTopic, nodeTopic } from '../../src/chat/topics.ts'
import { createNodes, type Duties, type Nodes } from '../../src/nodes/nodes.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { createPool } from '../../src/store/postgres-connection.ts'
import type { Tables } from '../../src/store/schema.ts'
import { TestPostgres } from '../support/postgres.ts'

const limits = { poolSize: 4, statementTimeout: 5000 }
/** Shorter than in earnest; between renewals there is as little to spare. */
export const lease = { life: 800, every: 300 }

/** A node without people: it notes what it was told to end. */
export interface Neighbour {
  nodes: Nodes
  /** @param alone where nodes could not hear each other */
  join(alone?: boolean): Promise<void>
  ended: string[]
  /** How often it asked after everybody. */
  rechecks(): number
  /** What it asks of the store waits until it is let go on. */
  hold(): void
  goOn(): void
  /** As when the machine sleeps: its clocks run on, and it does nothing. */
  close(): Promise<void>
}

/** Several nodes over one real PostgreSQL, each with its own way there. */
export async function openStreet() {
  const postgres = await TestPostgres.start()
  const place = await postgres.database()
  const store = await openPostgres({ place, limits })
  let rows = 0

  /** One that has yet to join. */
  async function newcomer(node: string, bus: Bus = createLocalBus(), times = lease): Promise<Neighbour> {
    const pool = createPool(place, limits)
    let gate = Promise.withResolvers<void>()
    gate.resolve()
    const connect = async () => {
      await gate.promise
      return pool.kysely.connect()
    }
    const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: { ...pool.kysely, connect } }) })
    const log = pino({ level: 'silent' })
    const monotonic = () => performance.now()
    const nodes = await createNodes({ db, bus, node, controlTopic, nodeTopic, monotonic, wall: Date.now, log, lease: times })
    const ended: string[] = []
    let rechecks = 0
    const duties: Duties = {
      async end(those) {
        ended.push(...those.map(({ login }) => login))
        return those.length
      },
      keysChanged: async () => 0,
      async recheck() {
        rechecks++
      },
      connectionsOf: (logins) => new Map(logins.map((login) => [login, [{ id: `${node}-${login}`, node, since: 1, lastFrameAt: 1 }]])),
    }
    return {
      nodes,
      join: (alone = false) => nodes.join(alone, duties),
      ended,
      rechecks: () => rechecks,
      hold: () => {
        gate = Promise.withResolvers()
      },
      goOn: () => gate.resolve(),
      async close() {
        gate.resolve()
        await nodes.leave()
        nodes.close()
        await db.destroy()
      },
    }
  }

  return {
    store,
    newcomer,
    async neighbour(node: string, bus?: Bus): Promise<Neighbour> {
      const made = await newcomer(node, bus)
      await made.join()
      return made
    },
    /** A login ends, as far as nodes read of it. */
    async ends(login: string): Promise<void> {
      const row = { seq: ++rows, at: 1, event: 'session_terminated', who: 'ada', what: 'ada', address: null, login, request: null }
      await store.db
        .insertInto('audit')
        .values({ ...row, extra: '{"why":"signed_out"}', prev: '', hash: login })
        .execute()
    },
    /** As when another database takes over that has not heard of the last row. */
    async losesLast(): Promise<void> {
      await store.db.transaction().execute(async (tx) => {
        await sql`alter table audit disable trigger user`.execute(tx)
        await tx.deleteFrom('audit').where('seq', '=', rows--).execute()
        await sql`alter table audit enable trigger user`.execute(tx)
        await tx.updateTable('node').set({ renewed: 0, seen: rows }).execute()
      })
    },
    async close(): Promise<void> {
      await store.close()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

export const question = (login: string): Question => ({ ask: 'ended', ended: [{ login, account: 'ada', why: 'signed_out' }] })
