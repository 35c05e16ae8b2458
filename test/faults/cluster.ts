import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeDevelopmentPair } from '../../src/tls/development-ca.ts'
import { roomy } from '../bench/seed.ts'
import { TestPostgres } from '../support/postgres.ts'
import { layOut } from '../support/premises.ts'
import { startRedis } from '../support/redis.ts'
import type { Behind, Deployment, Wires } from './deployment.ts'
import { Node } from './node.ts'
import { Road } from './road.ts'
import { furnish } from './seed.ts'
import { impatient } from './single.ts'

const most = ['one', 'two', 'three']
/** A database that says nothing is given up within a round, too. */
const briskly = { PARLEY__STORE__STATEMENTTIMEOUT: '3s' }

/** Up to three nodes over one PostgreSQL and one Redis. Each node has its own roads there. */
export async function startCluster({ doomed, nodes: count = most.length }: { doomed: number; nodes?: number }): Promise<Deployment> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-faults-'))
  const clear = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  process.once('exit', clear) // also when somebody has stopped the run
  const [store, bus] = await Promise.all([TestPostgres.start({ deadlock_timeout: '200ms' }), startRedis()])
  const endRedis = () => bus.signal('SIGKILL')
  process.once('exit', endRedis)
  const made = await Promise.all([1, 2, 3].map(() => makeDevelopmentPair(Date.now())))
  const [first, ...pairs] = made
  if (!first) throw new Error('no pair')
  const place = await store.database()
  const wires: Record<string, Wires> = {}
  const behind: Behind = { store, bus, database: place.database, wires }
  const masterKey = randomBytes(32).toString('base64')
  const settings = { ...roomy, ...impatient, ...briskly, PARLEY__SECRETS__MASTERKEY: masterKey }
  const direct = { ...settings, PARLEY__STORE__URL: store.url(place), PARLEY__BUS__URL: 'local' }
  const people = await furnish({ folder: join(folder, 'people'), env: direct, pair: first, doomed })

  async function node(name: string): Promise<Node> {
    const own = join(folder, name)
    mkdirSync(own)
    layOut(own, first as NonNullable<typeof first>)
    const roads = { store: await Road.open(() => behind.store.port), bus: await Road.open(() => behind.bus.port) }
    wires[name] = roads
    const there = { PARLEY__STORE__URL: store.url(place, roads.store.port), PARLEY__BUS__URL: `redis://127.0.0.1:${roads.bus.port}` }
    return Node.make({ name, folder: own, env: { ...settings, ...there } })
  }
  const nodes = await Promise.all(most.slice(0, count).map(node))
  await Promise.all(nodes.map((one) => one.start()))
  return {
    ...{ kind: 'cluster', nodes, behind, ca: made.map(({ ca }) => ca).join('\n'), pairs, ...people },
    async close() {
      await Promise.all(nodes.map((one) => one.close()))
      await Promise.all(Object.values(wires).flatMap((roads) => [roads.store.close(), roads.bus.close()]))
      await behind.bus.close()
      await behind.store[Symbol.asyncDispose]()
      process.off('exit', clear).off('exit', endRedis)
      clear()
    },
  }
}
