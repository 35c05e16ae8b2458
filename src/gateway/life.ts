import type { CloseReason } from '../protocol/codes.ts'
import { beatMs } from '../protocol/limits.ts'
import type { Connection } from './connection.ts'
import type { Place, Wakeable, Wheel } from './wheel.ts'
import { answer, type Frame } from './wire.ts'

export interface LifeTimes {
  /** ms between pings, ± 20 %; up to five seconds less where one goes along with a beat. */
  ping: number
  /** ms without a pong, a byte in or a byte out, after a ping. */
  pong: number
}

export interface LifeLimits {
  /** ms that what waits for a slow reader may wait. */
  queueAge: number
  /** ms for which a socket may take nothing of what waits for it. */
  pullerStall: number
}

export interface LifeDeps {
  wheel: Wheel
  now: () => number
  monotonic: () => number
  times: () => LifeTimes
  limits: () => LifeLimits
  random: () => number
  end: (connection: Connection, reason: CloseReason) => void
  /** Maybe idle or too old: the store knows, since other devices and nodes are activity too. */
  doubt: (connection: Connection) => void
  fellBehind: (connection: Connection) => void
  /** What says that this end lives, with or without a ping. */
  sign: (withPing: boolean) => Frame
}

/** ms before its time that a ping goes along with a beat, or a beat with a ping: one write for both. */
const along = 5000

/** ms before its token expires that a program is asked for a new one. */
const renewAhead = 75_000
/** ms that a message may take from its first byte to its last; what we do not read ourselves is not late. */
const wholeWithin = 10_000
/** ms of it in any case: our not reading can be the peer's own doing. */
const wholeAtLast = 60_000

/** Everything that happens to one connection because time passes; one place on the wheel for all of it. */
export class Life implements Wakeable {
  before: Place | undefined
  after: Place | undefined
  readonly #connection: Connection
  readonly #deps: LifeDeps
  #pingAt: number
  #pingedAt = 0
  /** Until the welcome: when it is too late for it. */
  #beatAt: number
  /** By the tap's clock, when a message began to come that has not come whole. */
  #partAt: number | undefined
  /** The same, in monotonic ms. */
  #partSince = 0
  #bytesIn = 0
  #renewSaid = 0

  constructor(connection: Connection, deps: LifeDeps) {
    this.#connection = connection
    this.#deps = deps
    const now = deps.monotonic()
    this.#pingAt = now + this.#pingEvery()
    this.#beatAt = now + beatMs
    this.arm(now)
  }

  /** After something that brings a deadline nearer: a blocked queue, a new token. */
  arm(now = this.#deps.monotonic()): void {
    const { behind, outlet, tap } = this.#connection
    let at = Math.min(this.#pingAt, this.#beatAt, this.#expiry(now))
    if (this.#pingedAt > 0) at = Math.min(at, this.#pingedAt + this.#deps.times().pong)
    if (outlet.blockedAt > 0) {
      const { queueAge, pullerStall } = this.#deps.limits()
      at = Math.min(at, outlet.blockedAt + pullerStall)
      if (!behind) at = Math.min(at, now + queueAge)
    }
    if (this.#partAt !== undefined) at = Math.min(at, now + wholeWithin - (tap.reading(now) - this.#partAt), this.#partSince + wholeAtLast)
    this.#deps.wheel.set(this, at)
  }

  /** Monotonic ms of what comes first: the login's own end, when it has been idle for too long, the token's end, or when a new one is asked for. */
  #expiry(now: number): number {
    const { login, tokenExpiresAt } = this.#connection
    let at = login.login.expiresAt
    if (login.login.idleMs > 0) at = Math.min(at, login.activeAt + login.login.idleMs)
    if (tokenExpiresAt !== undefined) at = Math.min(at, this.#renewSaid === tokenExpiresAt ? tokenExpiresAt : tokenExpiresAt - renewAhead)
    return now + Math.max(0, at - this.#deps.now())
  }

  wake(now: number): void {
    if (this.#connection.isDead || this.#expired() || this.#silent(now) || this.#stuck(now)) return
    if (this.#unfinished(now) || this.#unwelcomed(now)) return
    this.#signs(now)
    this.#renew()
    this.arm(now)
  }

  /** A pong came, or a full socket has drained: somebody reads at the other end. */
  heard(): void {
    this.#pingedAt = 0
  }

  /** Bytes have come. @param unfinished they end inside a message */
  read(unfinished: boolean): void {
    if (!unfinished) this.#partAt = undefined
    else if (this.#partAt === undefined && !this.#connection.isDead) {
      const now = this.#deps.monotonic()
      this.#partAt = this.#connection.tap.reading(now)
      this.#partSince = now
      this.arm(now)
    }
  }

  stop(): void {
    this.#deps.wheel.clear(this)
  }

  #expired(): boolean {
    const { login, tokenExpiresAt } = this.#connection
    const wall = this.#deps.now()
    if (tokenExpiresAt !== undefined && wall >= tokenExpiresAt) {
      this.#deps.end(this.#connection, 'tokenExpired')
      return true
    }
    const idle = login.login.idleMs > 0 && wall >= login.activeAt + login.login.idleMs
    if (idle || wall >= login.login.expiresAt) {
      this.#deps.doubt(this.#connection)
      this.#deps.wheel.set(this, this.#deps.monotonic() + 1000)
      return true
    }
    return false
  }

  /** Half-open: pinged, and since then not a byte in either direction. Silence of ours (reading paused) does not count. */
  #silent(now: number): boolean {
    const { socket, ws } = this.#connection
    const bytesIn = socket.bytesRead ?? 0
    if (bytesIn !== this.#bytesIn || ws.isPaused) this.#pingedAt = 0
    this.#bytesIn = bytesIn
    if (this.#pingedAt === 0 || now - this.#pingedAt < this.#deps.times().pong) return false
    ws.terminate()
    return true
  }

  #stuck(now: number): boolean {
    const { behind, outlet } = this.#connection
    if (outlet.blockedAt > 0 && now - outlet.blockedAt >= this.#deps.limits().pullerStall) {
      this.#deps.end(this.#connection, 'slowReader')
      return true
    }
    if (!behind && outlet.isLate()) this.#deps.fellBehind(this.#connection)
    return false
  }

  /** What has come of a message is held in memory until the rest comes. */
  #unfinished(now: number): boolean {
    const { tap, ws } = this.#connection
    if (this.#partAt === undefined) return false
    if (tap.reading(now) - this.#partAt < wholeWithin && now - this.#partSince < wholeAtLast) return false
    this.#connection.die() // a close frame is the last thing said
    ws.close(1008, 'A message took too long to arrive.') // what ws says to one of too many pieces (RFC 6455 §7.4.1)
    return true
  }

  /** The store has not said what to greet it with. */
  #unwelcomed(now: number): boolean {
    if (this.#connection.welcomed || now < this.#beatAt) return false
    this.#deps.end(this.#connection, 'overload')
    return true
  }

  /** A ping asks whether the other end lives; a page cannot see pings: when nothing else was sent, a beat tells it that this one does. */
  #signs(now: number): void {
    if (now < this.#pingAt && now < this.#beatAt) return
    const { outlet, welcomed, ws } = this.#connection
    const silent = now >= outlet.sentAt + beatMs - along
    const beats = silent && welcomed && outlet.blockedAt === 0
    const pings = now >= this.#pingAt - (beats ? along : 0)
    if (welcomed) this.#beatAt = beatMs + (silent ? now : outlet.sentAt)
    if (pings) {
      this.#pingAt = now + this.#pingEvery()
      if (this.#pingedAt === 0) this.#pingedAt = now // a later one does not excuse that an earlier one was not answered
    }
    if (beats) outlet.beat(this.#deps.sign(pings))
    else if (pings && ws.readyState === ws.OPEN) ws.ping()
  }

  #renew(): void {
    const { tokenExpiresAt } = this.#connection
    if (tokenExpiresAt === undefined || this.#renewSaid === tokenExpiresAt || this.#deps.now() < tokenExpiresAt - renewAhead) return
    this.#renewSaid = tokenExpiresAt
    this.#connection.put(answer({ type: 'renew', before: tokenExpiresAt }))
  }

  #pingEvery(): number {
    return Math.round(this.#deps.times().ping * (0.8 + 0.4 * this.#deps.random()))
  }
}
