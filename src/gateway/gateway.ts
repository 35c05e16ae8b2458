import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import type { Bus, BusMessage } from '../bus/bus.ts'
import type { Messages } from '../chat/messages.ts'
import type { Presence } from '../chat/presence.ts'
import type { Rooms } from '../chat/rooms.ts'
import { controlTopic, roomTopics } from '../chat/topics.ts'
import { addressKey } from '../identity/address.ts'
import type { EndedWhy, Login, Logins } from '../identity/logins.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { WebSessions } from '../identity/web-sessions.ts'
import type { CloseReason } from '../protocol/codes.ts'
import { beatMs } from '../protocol/limits.ts'
import type { Welcome } from '../protocol/server-frames.ts'
import type { Entrance } from './admission.ts'
import { createBroadcasts } from './broadcasts.ts'
import { Bucket } from './bucket.ts'
import { createCatchUp } from './catch-up.ts'
import { Connection } from './connection.ts'
import { createDrain } from './drain.ts'
import { type Deps as HandlerDeps, handle } from './handlers.ts'
import { createHeads } from './heads.ts'
import { createHub } from './hub.ts'
import { Inlet } from './inlet.ts'
import { Life } from './life.ts'
import { Outlet } from './outlet.ts'
import { createSweep } from './sweep.ts'
import { createTurn } from './turn.ts'
import { createUpgrade } from './upgrade.ts'
import type { Wheel } from './wheel.ts'
import { answer } from './wire.ts'

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
  sessions: WebSessions
  messages: Messages
  rooms: Rooms
  presence: Presence
  bus: Bus
  wheel: Wheel
  clock: { now: () => number; monotonic: () => number }
  limits: () => GatewayLimits
  times: () => { handshake: number; ping: number; pong: number; drain: number }
  isHost: (host: string) => boolean
  isOrigin: (origin: string) => boolean
  addressOf: (request: IncomingMessage) => string
  log: Logger
  /** For metrics. */
  refused?: (status: number, reason: string) => void
}

/** What a person is told when a login ends, by why it ended. */
const reasons: Record<EndedWhy, CloseReason> = {
  signed_out: 'signedOut',
  ended: 'ended',
  password_changed: 'ended',
  role_lowered: 'ended',
  account_disabled: 'accountDisabled',
  idle: 'idle',
  absolute: 'loginTooOld',
}

/** The sockets of this node: who may open one, whose it is, what goes in and out, and when it ends. */
export async function createGateway(deps: GatewayDeps) {
  const { bus, clock, limits, log, logins, messages, presence, rooms, times, wheel } = deps
  const turn = createTurn()
  const heads = createHeads({
    hub: () => hub,
    rooms,
    failed: (error) => log.warn({ event: 'heads_failed', err: error }, 'Heads could not be read'),
  })
  const hub = createHub({
    monotonic: clock.monotonic,
    postBurst: () => limits().postBurst,
    roomChanged: heads.roomChanged,
    headMoved: heads.headMoved,
  })
  const catchUp = createCatchUp({ hub, messages, openRooms: () => limits().openRooms, monotonic: clock.monotonic })
  const lives = new WeakMap<Connection, Life>()
  const broadcasts = createBroadcasts({ hub, presence })
  const sweep = createSweep({ hub, logins, now: clock.now, end: (login, why) => hub.end(login, reasons[why]), log })
  const paces = new Map<string, Bucket>()
  let draining = false

  const { upgrade, whyNot } = createUpgrade({
    guard: { ...deps, isDraining: () => draining, pace, quota },
    addressOf: deps.addressOf,
    limits: () => ({ ...limits(), handshake: times().handshake }),
    bind,
    log,
    refused: deps.refused ?? (() => undefined),
  })

  /** A bucket for each address; when there are too many addresses all start anew, rather than grow without bound. */
  function pace(address: string): number {
    const { handshakesPerSecondPerAddress: rate } = limits()
    const key = addressKey(address)
    if (paces.size > 50_000) paces.clear()
    const bucket = paces.get(key) ?? new Bucket(rate, clock.monotonic())
    paces.set(key, bucket)
    return bucket.take(clock.monotonic(), rate, rate)
  }

  function quota(login: Login): string | undefined {
    const { connections, connectionsPerLogin, connectionsPerAccount } = limits()
    if (hub.connections.size >= connections) return 'This server has as many connections as it takes.'
    if ((hub.logins.get(login.id)?.connections.size ?? 0) >= connectionsPerLogin)
      return `A login can have at most ${connectionsPerLogin} connections.`
    if ((hub.accounts.get(login.account.id)?.connections.size ?? 0) >= connectionsPerAccount)
      return `An account can have at most ${connectionsPerAccount} connections.`
    return undefined
  }

  const handlerDeps: HandlerDeps = {
    messages,
    rooms,
    tokens: deps.tokens,
    now: clock.now,
    monotonic: clock.monotonic,
    posting: limits,
    open: catchUp.open,
    shut: hub.shut,
    presence: (connection, state) => {
      connection.presence = state
      presence.set(connection.account.account.id, connection.id, state, [...(connection.account.rooms ?? [])])
    },
    renewed: (connection) => lives.get(connection)?.arm(),
    end: (connection, reason) => (reason === 'bye' ? connection.ws.close(1000) : leave(connection, reason)),
  }

  function leave(connection: Connection, reason: CloseReason): void {
    void connection.end(reason)
    hub.remove(connection)
  }

  /** Listeners first, in the turn of the 101; then who they are and what they may see; then the welcome. */
  function bind(ws: WebSocket, socket: Duplex, { login, tokenExpiresAt }: Entrance): void {
    const id = randomBytes(9).toString('base64url')
    const connection = new Connection({ id, ...hub.seats(login), now: clock.now(), ws, socket, tokenExpiresAt })
    const frames = new Bucket(limits().framesPerSecond * 2, clock.monotonic())
    const resume = { slot: -1, wake: () => ws.resume() }
    connection.outlet = new Outlet(
      socket,
      turn,
      { queueBytes: limits().queueBytes, queueAge: limits().queueAge },
      {
        fellBehind: () => catchUp.fellBehind(connection),
        hold: (on) => (on ? ws.pause() : ws.resume()),
        drained: () => {
          connection.progressAt = clock.monotonic()
          life.heard()
          if (connection.behind) catchUp.pull(connection).catch((error) => pullFailed(connection, error))
        },
      },
    )
    connection.inlet = new Inlet({
      limits,
      handle: (frame) => handle(frame, connection, handlerDeps),
      reply: (frame) => connection.put(answer(frame)),
      refuse: (frame) => connection.put(answer(frame)),
      giveUp: () => leave(connection, 'protocolViolation'),
      failed: (error, frame) =>
        log.error({ event: 'frame_failed', type: frame.type, connection: id, err: error }, 'A frame could not be handled'),
    })
    const life = new Life(connection, {
      ...clock,
      wheel,
      random: Math.random,
      times: () => ({ ...times(), ...limits() }),
      end: leave,
      doubt: sweep.doubt,
      fellBehind: catchUp.fellBehind,
    })
    lives.set(connection, life)

    const paceFrames = () => {
      const wait = frames.take(clock.monotonic(), limits().framesPerSecond, limits().framesPerSecond * 2)
      if (wait === 0 || ws.isPaused) return
      ws.pause() // a flood is answered by TCP: nothing more is read until it may be
      wheel.set(resume, clock.monotonic() + wait)
    }
    ws.on('message', (data, isBinary) => {
      if (connection.isDead) return
      connection.lastFrameAt = clock.now()
      paceFrames()
      if (isBinary) leave(connection, 'unsupported')
      else connection.inlet.receive(String(data))
    })
    ws.on('ping', paceFrames)
    ws.on('pong', () => life.heard())
    ws.on('error', (error) => log.debug({ event: 'ws_error', connection: id, code: (error as { code?: string }).code }, error.message))
    ws.on('close', (code) => {
      life.stop()
      wheel.clear(resume)
      connection.die()
      hub.remove(connection)
      presence.gone(login.account.id, id, [...(connection.account.rooms ?? [])])
      log.info(
        { event: 'ws_closed', connection: id, account: login.account.id, login: login.id, code, ms: clock.now() - connection.since },
        'Connection closed',
      )
    })
    hub.add(connection)
    log.info({ event: 'ws_opened', connection: id, account: login.account.id, login: login.id }, 'Connection opened')
    void welcome(connection)
  }

  async function welcome(connection: Connection): Promise<void> {
    const { account, login } = connection
    try {
      // A login that ended while its connection was being opened: the announcement may have come before there was one to close.
      const [current, list] = await Promise.all([logins.find(login.login.id), rooms.list(account.account.id)])
      if (connection.isDead) return
      if (!current) return leave(connection, 'ended')
      hub.seat(
        account,
        list.map(({ id }) => id),
      )
      account.mentions = new Set(list.filter(({ mentions }) => mentions > 0).map(({ id }) => id))
      const { id, expiresAt, idleMs } = login.login
      const frame: Welcome = {
        type: 'welcome',
        protocol: 'parley.v1',
        connection: connection.id,
        node: deps.node,
        store: deps.store,
        now: clock.now(),
        beatMs,
        account: current.account,
        login: {
          id,
          expiresAt,
          ...(idleMs > 0 ? { idleAt: login.activeAt + idleMs } : {}),
          ...(connection.tokenExpiresAt === undefined ? {} : { tokenExpiresAt: connection.tokenExpiresAt }),
        },
        rooms: list,
        limits: wireLimits(limits()),
      }
      connection.put(answer(frame))
      connection.welcomed = true
      broadcasts.greet(connection)
      presence.set(account.account.id, connection.id, 'active', [...(account.rooms ?? [])])
      connection.inlet.start()
    } catch (error) {
      log.error({ event: 'welcome_failed', connection: connection.id, err: error }, 'A connection could not be welcomed')
      leave(connection, 'overload')
    }
  }

  function pullFailed(connection: Connection, error: unknown): void {
    log.error({ event: 'pull_failed', connection: connection.id, err: error }, 'A slow reader could not be caught up')
    leave(connection, 'overload')
  }

  function hear(message: BusMessage): void {
    if (message.kind === 'events') for (const landed of message.landed) hub.land(landed)
    else broadcasts.hear(message)
  }

  const stops = await Promise.all([controlTopic, ...roomTopics].map((topic) => bus.subscribe(topic, hear)))
  const second = setInterval(() => void heads.tick(), 1000)
  const sweeps = setInterval(() => void sweep.all(), 60_000)
  const touches = setInterval(() => void sweep.touch(), 15_000)
  wheel.start()

  const drain = createDrain({ hub, leave, drainMs: () => times().drain })

  return {
    upgrade,
    /** Undefined, or why a login could not open a connection now. */
    whyNot,
    /** Ends the connections that are bound to these logins. Resolves when their last bytes are out. */
    async end(ended: { login: string; why: EndedWhy }[]): Promise<{ connections: number; unconfirmed: number }> {
      const counts = await Promise.all(ended.map(({ login, why }) => hub.end(login, reasons[why])))
      return { connections: counts.reduce((sum, n) => sum + n, 0), unconfirmed: 0 }
    },
    /** The live connections of some logins, for the page of sign-ins. */
    connectionsOf(ids: string[]): Map<string, { id: string; node: string; since: number; lastFrameAt: number }[]> {
      const of = (login: string) => [...(hub.logins.get(login)?.connections ?? [])]
      return new Map(
        ids.map((login) => [login, of(login).map(({ id, since, lastFrameAt }) => ({ id, node: deps.node, since, lastFrameAt }))]),
      )
    },
    get connections(): number {
      return hub.connections.size
    },
    sweep: sweep.all,
    tick: heads.tick,
    /** No new connections; the ones there are sent elsewhere when their writes are on disk. */
    async drain(): Promise<void> {
      draining = true
      await drain()
    },
    async close(): Promise<void> {
      draining = true
      for (const timer of [second, sweeps, touches]) clearInterval(timer)
      await sweep.touch()
      for (const connection of [...hub.connections.values()]) connection.ws.terminate()
      presence.clear()
      wheel.stop()
      for (const stop of stops) stop()
    },
  }
}

export type Gateway = Awaited<ReturnType<typeof createGateway>>

const wireLimits = ({ frameBytes, textLength, openRooms, postsPerSecond, postBurst, pending }: GatewayLimits) => ({
  frameBytes,
  textLength,
  openRooms,
  postsPerSecond,
  postBurst,
  pending,
})
