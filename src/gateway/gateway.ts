import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { Bus, BusMessage, OpenSocket } from '../bus/bus.ts'
import type { Messages } from '../chat/messages.ts'
import type { Presence } from '../chat/presence.ts'
import type { Rooms } from '../chat/rooms.ts'
import { controlTopic, nodeTopic, roomTopics } from '../chat/topics.ts'
import type { Logins } from '../identity/logins.ts'
import type { Secrets } from '../identity/secrets.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { WebSessions } from '../identity/web-sessions.ts'
import type { CloseReason } from '../protocol/codes.ts'
import { createArrivals } from './arrivals.ts'
import { createBroadcasts } from './broadcasts.ts'
import { createCatchUp } from './catch-up.ts'
import type { Connection } from './connection.ts'
import { createDrain } from './drain.ts'
import { createHeads } from './heads.ts'
import { createHub } from './hub.ts'
import type { Life } from './life.ts'
import { figuresOf, type GatewayFigures, type GatewayMeter, noMeter } from './meter.ts'
import { createOrder, type ReadOn } from './order.ts'
import type { Gate } from './outlet.ts'
import { createPorch } from './porch.ts'
import { createQuotas } from './quotas.ts'
import { reasonOf } from './reasons.ts'
import { createRepair, type Lookout } from './repair.ts'
import { createSigns } from './signs.ts'
import { createSweep } from './sweep.ts'
import { createTurn } from './turn.ts'
import { createUpgrade } from './upgrade.ts'
import { createWelcome } from './welcome.ts'
import type { Wheel } from './wheel.ts'

/** The numbers of config that hold here, as they are now. */
export interface GatewayLimits {
  postsPerSecond: number
  postBurst: number
  pending: number
  connections: number
  connectionsPerLogin: number
  connectionsPerAccount: number
  handshakesPerSecondPerAddress: number
  handshakesInFlight: number
  frameBytes: number
  textLength: number
  openRooms: number
  queueBytes: number
  queueAge: number
  pullerStall: number
  framesPerSecond: number
}

export interface GatewayDeps {
  node: string
  /** The incarnation of the store. */
  store: string
  logins: Logins
  tokens: Tokens
  secrets: Pick<Secrets, 'knows'>
  sessions: WebSessions
  messages: Messages
  rooms: Rooms
  presence: Presence
  bus: Bus
  readOn: ReadOn
  /** Only of a node among several. */
  lookout?: Lookout | undefined
  gate?: Gate
  wheel: Wheel
  clock: { now: () => number; monotonic: () => number }
  limits: () => GatewayLimits
  times: () => { handshake: number; ping: number; pong: number; drain: number }
  isHost: (host: string) => boolean
  isOrigin: (origin: string) => boolean
  isSecure?: (headers: IncomingHttpHeaders) => boolean
  /** What goes with a refused upgrade, by its Host. */
  refusalHeaders: (host: string) => Record<string, string>
  addressOf: (request: IncomingMessage) => string
  log: Logger
  meter?: GatewayMeter
}

/** A node by itself is its own authority. */
const always: Gate = { holds: () => true, whenHeld: () => undefined }

/** ms between two looks for what the road between nodes has lost: with what a look waits, less than five seconds. */
const repairEvery = 4000
/** ms between two signs of life to the other nodes. */
const beatEvery = 3000

/** The sockets of this node: who may open one, whose it is, what goes in and out, and when it ends. */
export async function createGateway(deps: GatewayDeps) {
  const { bus, limits, log, logins, messages, meter = noMeter, presence, rooms, times, wheel } = deps
  const { now, monotonic } = deps.clock
  const { gate = always } = deps
  const failed = (error: unknown) => log.warn({ event: 'heads_failed', err: error }, 'Heads could not be read')
  const holeFailed = (error: unknown) => log.warn({ event: 'hole_failed', err: error }, 'What was missed could not be read from the store')
  const heads = createHeads({ hub: () => hub, rooms, failed })
  const { headMoved, roomChanged } = heads
  const hub = createHub({ roomChanged, headMoved, delivered: meter.delivered })
  const order = createOrder({ hub, readOn: deps.readOn, failed: holeFailed, missed: meter.missed })
  const catchUp = createCatchUp({ hub, messages, order, openRooms: () => limits().openRooms, tellHeads: heads.tellAll, meter })
  const broadcasts = createBroadcasts({ hub, presence })
  const sweep = createSweep({ hub, logins, now, end: (login, why) => hub.end(login, reasonOf(why)), log })
  const lives = new WeakMap<Connection, Life>()
  const turn = createTurn()
  let draining = false

  function leave(connection: Connection, reason: CloseReason | 'bye'): void {
    void connection.end(reason).finally(() => hub.remove(connection))
  }

  const bind = createArrivals({
    hub,
    turn,
    gate,
    life: {
      ...deps.clock,
      wheel,
      random: Math.random,
      times,
      limits,
      end: leave,
      doubt: sweep.doubt,
      fellBehind: catchUp.fellBehind,
      sign: createSigns(now),
    },
    lives,
    handlers: {
      messages,
      rooms,
      tokens: deps.tokens,
      now,
      monotonic,
      open: catchUp.open,
      shut: hub.shut,
      presence: (connection, state) =>
        presence.set(connection.account.account.id, connection.id, state, [...(connection.account.rooms ?? [])]),
      renewed: (connection) => lives.get(connection)?.arm(),
      end: leave,
    },
    catchUp,
    presence,
    limits,
    leave,
    welcome: createWelcome({ ...deps, hub, heads, now, greet: broadcasts.greet, leave }),
    meter,
    log,
  })
  const porch = createPorch({ monotonic })
  const { upgrade, whyNot } = createUpgrade({
    guard: { ...deps, ...createQuotas({ hub, limits, monotonic }), isDraining: () => draining, isSure: gate.holds },
    addressOf: deps.addressOf,
    headers: deps.refusalHeaders,
    limits: () => ({ ...limits(), handshake: times().handshake }),
    bind,
    attempts: porch.attempts,
    log,
    refused: meter.refused,
  })

  function hear(message: BusMessage): void {
    if (message.kind === 'events') for (const landed of message.landed) order.hear(landed)
    else broadcasts.hear(message)
  }

  const desync = (connection: Connection) => leave(connection, 'desync')
  const repair = deps.lookout && createRepair({ hub, order, rooms, lookout: deps.lookout, desync, failed: holeFailed })
  const beat = (asks = false) => presence.beat(asks).forEach(broadcasts.present)
  const stops = await Promise.all([controlTopic, nodeTopic(deps.node), ...roomTopics].map((topic) => bus.subscribe(topic, hear)))
  bus.onGap(() => {
    void repair?.now()
    beat(true)
  })
  beat(true)
  const second = setInterval(() => void heads.tick(), 1000)
  const sweeps = setInterval(() => void sweep.all(), 60_000)
  const touches = setInterval(() => void sweep.touch(), 15_000)
  const repairs = setInterval(() => void repair?.now(), repairEvery)
  const beats = setInterval(beat, beatEvery)
  wheel.start()

  const drain = createDrain({ hub, leave, drainMs: () => times().drain })

  return {
    upgrade,
    /** Undefined, or why a login could not open a connection now. */
    whyNot,
    porch,
    /** Ends the connections that are bound to these logins. Resolves when their last bytes are out. */
    async end(ended: { login: string; why: string }[]): Promise<{ connections: number; unconfirmed: number }> {
      const counts = await Promise.all(ended.map(({ login, why }) => hub.end(login, reasonOf(why))))
      return { connections: counts.reduce((sum, n) => sum + n, 0), unconfirmed: 0 }
    },
    /** Ends the connections that came in by a token or cookie of a key that is gone. Resolves when their last bytes are out. */
    async forsake(): Promise<number> {
      const all = [...hub.connections.values()].filter(({ kid, isDead }) => !isDead && !deps.secrets.knows(kid))
      await Promise.all(all.map((connection) => connection.end('ended').finally(() => hub.remove(connection))))
      return all.length
    },
    /** The live connections of some logins, for the page of sign-ins. */
    connectionsOf(ids: string[]): Map<string, OpenSocket[]> {
      const of = (login: string) => [...(hub.logins.get(login)?.connections ?? [])]
      return new Map(
        ids.map((login) => [login, of(login).map(({ id, since, lastFrameAt }) => ({ id, node: deps.node, since, lastFrameAt }))]),
      )
    },
    get connections(): number {
      return hub.connections.size
    },
    /** What waits for the connections of a login, in bytes, whether anything goes out to them, and whether they are being caught up. */
    inspect(login: string): { id: string; queued: number; writable: number; blocked: boolean; behind: boolean }[] {
      const of = [...(hub.logins.get(login)?.connections ?? [])]
      return of.map(({ id, outlet, socket, behind }) => ({
        id,
        queued: outlet.queued,
        writable: socket.writableLength,
        blocked: outlet.isBlocked,
        behind: behind !== undefined,
      }))
    },
    /** What there is now, for metrics. */
    figures: (): GatewayFigures => figuresOf(hub, porch),
    /** Calls back when what has been told so far is with the sockets. */
    afterTurn: turn.after,
    sweep: sweep.all,
    recheck: sweep.recheck,
    tick: heads.tick,
    /** Looks now for what the road between nodes has lost. */
    repair: async (): Promise<void> => repair?.now(),
    /** No new connections; the ones there are sent elsewhere when their writes are on disk. */
    async drain(): Promise<void> {
      draining = true
      await drain()
    },
    async close(): Promise<void> {
      draining = true
      porch.clear()
      for (const timer of [second, sweeps, touches, repairs, beats]) clearInterval(timer)
      await sweep.touch()
      for (const connection of [...hub.connections.values()]) connection.ws.terminate()
      presence.clear()
      wheel.stop()
      for (const stop of stops) stop()
    },
  }
}

export type Gateway = Awaited<ReturnType<typeof createGateway>>
