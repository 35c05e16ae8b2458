import { randomBytes } from 'node:crypto'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import type { WebSocket } from 'ws'
import { Bucket } from '../chat/bucket.ts'
import type { Presence } from '../chat/presence.ts'
import type { CloseReason } from '../protocol/codes.ts'
import type { Entrance } from './admission.ts'
import type { createCatchUp } from './catch-up.ts'
import { Connection } from './connection.ts'
import { type Deps as HandlerDeps, handle } from './handlers.ts'
import type { Hub } from './hub.ts'
import { Inlet } from './inlet.ts'
import { Life, type LifeDeps } from './life.ts'
import type { GatewayMeter } from './meter.ts'
import { type Gate, Outlet } from './outlet.ts'
import { Tap } from './tap.ts'
import type { Turn } from './turn.ts'
import { isInPieces, isUnfinished } from './unfinished.ts'
import type { From } from './upgrade.ts'
import { nowhere } from './wheel.ts'
import { answer } from './wire.ts'

interface Deps {
  hub: Hub
  turn: Turn
  gate: Gate
  life: LifeDeps
  lives: WeakMap<Connection, Life>
  handlers: HandlerDeps
  catchUp: ReturnType<typeof createCatchUp>
  presence: Presence
  limits: () => { textLength: number; pending: number; framesPerSecond: number; queueBytes: number; queueAge: number }
  leave: (connection: Connection, reason: CloseReason) => void
  welcome: (connection: Connection) => Promise<void>
  meter: Pick<GatewayMeter, 'accepted' | 'answered' | 'closed'>
  log: Logger
}

/** ms that what was written last has to reach a peer which has hung up. */
const lastWords = 1000

/**
 * The peer has hung up: ws ends the socket as soon as what waits in it is written. Where that is never reported, which
 * happens to a reset in the middle of a TLS write, nobody else would end it before the next ping does.
 */
function letGo(this: Duplex): void {
  setTimeout(() => this.destroy(), lastWords).unref()
}

/** From an accepted socket to a connection that is listened to, in the turn of the 101, so that no first frame is missed. */
export function createArrivals(deps: Deps) {
  const { hub, catchUp, limits, leave, log, meter, presence } = deps
  const { now, monotonic, wheel } = deps.life

  function bind(ws: WebSocket, socket: Duplex, { login, kid, tokenExpiresAt }: Entrance, from: From): Promise<void> {
    const id = randomBytes(9).toString('base64url')
    const tap = new Tap(ws, monotonic)
    const connection = new Connection({ id, ...hub.seats(login), now: now(), ws, tap, socket, kid, tokenExpiresAt })
    connection.outlet = outlet(connection)
    connection.inlet = inlet(connection)
    const life = new Life(connection, deps.life)
    deps.lives.set(connection, life)
    listen(connection, life)
    hub.add(connection)
    meter.accepted()
    log.info({ event: 'ws_opened', connection: id, account: login.account.id, login: login.id, ...from }, 'Connection opened')
    return deps.welcome(connection)
  }

  function outlet(connection: Connection): Outlet {
    const owner = {
      fellBehind: () => catchUp.fellBehind(connection),
      isOpen: () => connection.ws.readyState === connection.ws.OPEN,
      hold(on: boolean) {
        if (on) connection.tap.shut('answers')
        else connection.tap.open('answers')
        connection.inlet.hold(on)
      },
      overfull: () => leave(connection, 'slowReader'),
      now: monotonic,
      heard: () => deps.lives.get(connection)?.heard(),
      drained: () => {
        if (connection.behind) catchUp.pull(connection).catch((error) => pullFailed(connection, error))
      },
    }
    return new Outlet(connection.socket, deps.turn, limits(), owner, deps.gate)
  }

  function inlet(connection: Connection): Inlet {
    return new Inlet({
      limits,
      handle: (frame) => handle(frame, connection, deps.handlers),
      reply: (frame) => connection.put(answer(frame)),
      refuse: (frame) => connection.put(answer(frame)),
      giveUp: () => leave(connection, 'protocolViolation'),
      answered: meter.answered,
      failed: (error, type) =>
        log.error({ event: 'frame_failed', type, connection: connection.id, err: error }, 'A frame could not be handled'),
    })
  }

  function listen(connection: Connection, life: Life): void {
    const { id, ws } = connection
    const account = connection.account.account.id
    const login = connection.login.login.id
    const pace = pacer(connection, life)
    connection.socket.once('end', letGo)
    connection.socket.on('data', () => life.read(isUnfinished(ws))) // behind the listener of ws, which has taken it apart by now
    ws.on('message', (data, isBinary) => {
      if (connection.isDead) return
      connection.lastFrameAt = now()
      pace.take()
      if (isBinary) leave(connection, 'unsupported')
      else connection.inlet.receive(String(data))
    })
    ws.on('ping', pace.take)
    ws.on('pong', () => {
      pace.take()
      life.heard()
    })
    ws.on('error', (error) => {
      connection.die() // ws has sent its close frame, after which nothing may follow
      log.debug({ event: 'ws_error', connection: id, code: Reflect.get(error, 'code') }, error.message)
    })
    ws.on('close', (code) => {
      life.stop()
      pace.stop()
      connection.die()
      hub.remove(connection)
      meter.closed(connection.endedFor ?? 'gone')
      presence.gone(account, id, [...(connection.account.rooms ?? [])])
      const { bytesRead: received, bytesWritten: sent } = connection.socket
      const about = { event: 'ws_closed', connection: id, account, login, code, ms: now() - connection.since, received, sent }
      log.info(about, 'Connection closed')
    })
  }

  /**
   * A flood is answered by TCP: above the rate nothing more is read until it may be. What came in the same bytes as
   * the frame that was one too many is served, and paid for before reading goes on.
   */
  function pacer({ tap, ws }: Connection, life: Life) {
    const rate = () => limits().framesPerSecond
    const frames = new Bucket(rate() * 2, monotonic())
    const pause = {
      ...nowhere,
      wake(): void {
        const wait = frames.owes(monotonic(), rate(), rate() * 2)
        if (wait === 0) {
          life.heard() // a pong may have been among what was not read
          return tap.open('pace')
        }
        tap.shut('pace')
        wheel.set(pause, monotonic() + wait)
      },
    }
    return {
      take(): void {
        if (!isInPieces(ws)) life.read(false)
        frames.spend(monotonic(), rate(), rate() * 2)
        if (!wheel.isSet(pause)) pause.wake()
      },
      stop: () => wheel.clear(pause),
    }
  }

  function pullFailed(connection: Connection, error: unknown): void {
    log.error({ event: 'pull_failed', connection: connection.id, err: error }, 'A slow reader could not be caught up')
    leave(connection, 'overload')
  }

  return bind
}
