import type { Duplex } from 'node:stream'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { WebSocket } from 'ws'
import type { Actor } from '../chat/log.ts'
import { type CloseReason, closes } from '../protocol/codes.ts'
import type { Inlet } from './inlet.ts'
import type { Outlet } from './outlet.ts'
import type { AccountSeat, LoginSeat } from './seats.ts'
import type { Tap } from './tap.ts'
import { answer, type Frame } from './wire.ts'

/** ms that a peer has to answer the close frame. */
const closeTime = 1000

type Why = CloseReason | 'bye'

/** Ends after which the peer may still get what was meant for it. */
const harmless: ReadonlySet<Why> = new Set<Why>(['bye', 'protocolViolation', 'unsupported', 'rateLimited', 'restart', 'desync'])

/** One open socket, bound for life to one account and one login. A new identity is a new connection. */
export class Connection {
  readonly id: string
  readonly login: LoginSeat
  readonly account: AccountSeat
  /** ms since 1970. */
  readonly since: number
  /** Rooms it has open, live or on the way to it. */
  readonly open = new Set<string>()
  /** A slow reader's cursors, by room, while it is caught up from the store. */
  behind: Map<string, number> | undefined
  isPulling = false
  /** The key that has signed the token or the cookie by which it came in. */
  kid: string
  /** Of a bearer token; none for the page. ms since 1970. */
  tokenExpiresAt: number | undefined
  welcomed = false
  /** Monotonic ms of the last time that its typing was forwarded. */
  typedAt = Number.NEGATIVE_INFINITY
  lastFrameAt: number
  /** Why the server ended it; undefined while it lives, and when it was the peer who went. */
  endedFor: Why | undefined
  readonly ws: WebSocket
  readonly tap: Tap
  readonly socket: Duplex & { readonly bytesRead?: number; readonly bytesWritten?: number }
  inlet!: Inlet
  outlet!: Outlet
  #dead = false
  #ending: Promise<void> | undefined

  constructor(given: {
    id: string
    login: LoginSeat
    account: AccountSeat
    now: number
    ws: WebSocket
    tap: Tap
    socket: Duplex
    kid: string
    tokenExpiresAt: number | undefined
  }) {
    this.id = given.id
    this.login = given.login
    this.account = given.account
    this.since = given.now
    this.lastFrameAt = given.now
    this.ws = given.ws
    this.tap = given.tap
    this.socket = given.socket
    this.kid = given.kid
    this.tokenExpiresAt = given.tokenExpiresAt
  }

  /** Checked first by everything that acts for this connection: what was read before its end is not acted on after. */
  get isDead(): boolean {
    return this.#dead
  }

  get actor(): Actor {
    return { account: this.account.account.id, login: this.login.login.id }
  }

  put(frame: Frame): void {
    if (!this.#dead) this.outlet.put(frame)
  }

  /**
   * Ends it. Where nothing is queued in the socket the peer hears why, and the promise resolves when those last bytes
   * are with the kernel; where something is, everything is destroyed at once, since what was queued must not arrive
   * after the end. What waits here is dropped, except at an end that takes nobody's right to it away. Ended again, it
   * waits for the first end; but an end that takes the right away does not let another go on sending.
   */
  end(reason: Why, reconnectAfterMs?: [number, number]): Promise<void> {
    if (this.#ending && !harmless.has(reason) && this.socket.writableLength > 0) this.ws.terminate()
    this.endedFor ??= reason
    this.#ending ??= this.#finish(reason, reconnectAfterMs)
    return this.#ending
  }

  async #finish(reason: Why, reconnectAfterMs?: [number, number]): Promise<void> {
    if (harmless.has(reason)) this.outlet.flush()
    this.die()
    // What the kernel has taken is reported a moment later; it is not a queue.
    for (let turns = 0; turns < 3 && this.socket.writableLength > 0; turns++) await turnEnd()
    const said = (harmless.has(reason) || this.socket.writableLength === 0) && this.ws.readyState === this.ws.OPEN
    if (!said) {
      this.ws.terminate()
      return
    }
    setTimeout(() => this.ws.terminate(), closeTime).unref()
    if (reason === 'bye') return this.ws.close(1000)
    const { code, words } = closes[reason]
    const bye = answer({ type: 'bye', code, message: words, ...(reconnectAfterMs ? { reconnectAfterMs } : {}) })
    const written = new Promise<void>((resolve) => {
      this.socket.once('close', () => resolve())
      this.socket.write(bye.bytes, () => resolve())
    })
    this.ws.close(code, words)
    await written
  }

  /** Nothing is read from it or written to it any more. */
  die(): void {
    this.#dead = true
    this.inlet.shut()
    this.outlet.shut()
  }
}
