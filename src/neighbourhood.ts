import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import type { Bus } from './bus/bus.ts'
import { createLocalBus } from './bus/local.ts'
import type { RedisPlace } from './bus/redis-client.ts'
import type { RedisCommands } from './bus/redis-commands.ts'
import type { Word } from './bus/sentinel.ts'
import type { Whereabouts } from './bus/whereabouts.ts'
import { controlTopic, nodeTopic } from './chat/topics.ts'
import type { Config } from './config.ts'
import type { Announce } from './identity/logins.ts'
import { createSeal } from './identity/master-key.ts'
import { createRedisVault, type Vault } from './identity/session-vault.ts'
import { createLookout, type Lookout } from './nodes/lookout.ts'
import { createNodes, type Nodes } from './nodes/nodes.ts'
import type { Store } from './store/store.ts'

interface Deps {
  config: Config
  store: Store
  /** Other nodes may have the same store. */
  isShared: boolean
  masterKey: KeyObject
  clock: { now: () => number; monotonic: () => number }
  log: Logger
}

/** What a node has in common with others over the same store, besides the store; one that is alone has only itself. */
export interface Neighbourhood {
  /** This node's name among them. */
  node: string
  bus: Bus
  /** Undefined where the store can have one node only. */
  nodes?: Nodes
  /** How it finds what the road to the others has lost. */
  lookout?: Lookout
  /** Web sessions in Redis; otherwise they are in the store. */
  vault?: Vault
  /** Where counts are shared; otherwise each node counts for itself. */
  together?: { redis: RedisCommands; house: string; salt: string; alone: () => void }
  /** How often Redis was needed and away. */
  fallbacks: Fallbacks
  /** How it stands, for the operator. Undefined for a node that is alone. */
  survey(): Promise<Survey | undefined>
  close(): Promise<void>
}

/** `sessions`: browsers were answered 503. `limits`: this node counted an attempt to sign in by itself. */
export interface Fallbacks {
  sessions: number
  limits: number
}

export interface Survey {
  /** The bus carries what this node says, as far as it can hear itself. */
  up: boolean
  /** The other nodes whose lease may hold, and those of them that have just answered. */
  live: string[]
  answering: string[]
  /** Undefined without Redis, or while it does not answer. `ms`: to it and back. */
  redis?: { version: string; ms: number; evicts: string }
  /** What each of them says, where there are any. */
  sentinels?: Word[]
}

/** Whoever has the master key can make it, and it tells nothing of that one (HKDF, RFC 5869). */
const derived = (masterKey: KeyObject, what: string) => Buffer.from(hkdfSync('sha256', masterKey, '', `parley/${what}/1`, 32))

export async function moveIn({ config, store, isShared, masterKey, clock, log }: Deps): Promise<Neighbourhood> {
  const node = randomBytes(4).toString('hex')
  const house = store.lineage
  const place: RedisPlace | undefined = config.bus.kind === 'redis' ? config.bus : undefined
  const where = place && (await whereabouts(place))
  const bus = where ? await overRedis({ where, house, node, key: createSecretKey(derived(masterKey, 'bus')), log }) : createLocalBus()
  const redis = where && (await commands(where))
  const nodes = isShared
    ? await createNodes({ db: store.aside, bus, node, controlTopic, nodeTopic, monotonic: clock.monotonic, wall: Date.now, log })
    : undefined
  const fallbacks: Fallbacks = { sessions: 0, limits: 0 }
  const alone = () => void fallbacks.limits++
  return {
    node,
    bus,
    fallbacks,
    ...(nodes && { nodes, lookout: createLookout(store.db) }),
    ...(redis && {
      vault: counting(createRedisVault({ redis, house, seal: createSeal(masterKey), now: clock.now }), () => void fallbacks.sessions++),
      together: { redis, house, salt: derived(masterKey, 'limits').toString('base64url'), alone },
    }),
    async survey() {
      if (!nodes) return undefined
      const [about, sentinels] = await Promise.all([redis && examine(redis).catch(() => undefined), where?.ask() ?? []])
      return { up: bus.figures().up, ...(await nodes.roll()), ...(about && { redis: about }), ...(sentinels.length > 0 && { sentinels }) }
    },
    async close() {
      nodes?.close()
      await bus.close()
      redis?.close()
      where?.close()
    },
  }
}

async function examine(redis: RedisCommands): Promise<NonNullable<Survey['redis']>> {
  const began = performance.now()
  await redis.ping()
  const ms = performance.now() - began
  const info = `${await redis.info('server')}\n${await redis.info('memory')}`
  const lines = info.split('\n').map((line) => line.trim())
  const told = (name: string) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1) ?? ''
  return { version: told('redis_version'), ms, evicts: told('maxmemory_policy') }
}

/** The same vault; what it could not do is noted. */
function counting({ get, put, drop }: Vault, failed: () => void): Vault {
  const noted = (error: unknown): never => {
    failed()
    throw error
  }
  return {
    get: (id) => get(id).catch(noted),
    put: (id, session, until) => put(id, session, until).catch(noted),
    drop: (id) => drop(id).catch(noted),
  }
}

/** Loaded only where it is used: most houses stand alone. */
const overRedis = async (opening: Parameters<typeof import('./bus/redis.ts').createRedisBus>[0]): Promise<Bus> =>
  (await import('./bus/redis.ts')).createRedisBus(opening)

const whereabouts = async (place: RedisPlace): Promise<Whereabouts> => (await import('./bus/whereabouts.ts')).locate(place)
const commands = async (where: Whereabouts) => (await import('./bus/redis-commands.ts')).keepCommands(where)

interface Announcing {
  nodes: Pick<Nodes, 'everywhere'> | undefined
  here: Announce
  /** The id of the request that is being answered, if it is one. */
  request: () => string | undefined
  log: Logger
}

/** Logins in one question: the others take no letter that is much longer for one of ours. */
const together = 500

/** Endings that are announced here and on every other node, and are true everywhere when this returns. */
export const announceTo =
  ({ nodes, here, request, log }: Announcing): Announce =>
  async (ended) => {
    if (ended.length === 0 || !nodes) return here(ended)
    const asked = request()
    const portions = Array.from({ length: Math.ceil(ended.length / together) }, (_, i) => ended.slice(i * together, (i + 1) * together))
    const [own, ...others] = await Promise.all([
      here(ended),
      ...portions.map((some) => nodes.everywhere({ ask: 'ended', ended: some, request: asked })),
    ])
    const elsewhere = others.reduce((sum, { connections }) => sum + connections, 0)
    // A node that fell silent is missed by every portion, and is one node.
    const silent = Math.max(...others.map(({ unconfirmed }) => unconfirmed))
    const all = { connections: own.connections + elsewhere, unconfirmed: own.unconfirmed + silent }
    log.info({ event: 'endings_told', request: asked, logins: ended.length, elsewhere, ...all }, 'Logins have ended on all nodes')
    return all
  }
