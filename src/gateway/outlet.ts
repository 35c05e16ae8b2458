import type { Duplex } from 'node:stream'
import { createJoiner, type Join } from './joiner.ts'
import type { Turn } from './turn.ts'
import type { Frame } from './wire.ts'

export interface OutletLimits {
  /** bytes of droppable frames that may wait for this reader. */
  queueBytes: number
  /** ms that the oldest of them may wait. */
  queueAge: number
}

/** bytes of answers above which the connection is not read from, until they have drained. */
const answerBytes = 256 * 1024
/** bytes of them that may wait at most: what was asked is bounded by that, what others do in a room and on other devices is not. */
const mostBytes = 1024 * 1024

/** Shared by all who wait for nothing: never added to. */
const none: Frame[] = []

/** Of one reader alone, which nobody shares. */
const joinOnce: Join = (frames) => createJoiner().join(frames)

interface Owner {
  /** No close frame was sent: RFC 6455 §5.5.1 lets nothing follow one. */
  isOpen(): boolean
  /** The reader is too slow for its events: they must be dropped and read again from the store. */
  fellBehind(): void
  /** Too many answers wait: read no more from this connection (true), or go on (false). */
  hold(on: boolean): void
  /** So much waits that cannot be dropped that the reader itself must be. */
  overfull(): void
  /** The socket has taken what it was given: somebody reads at the other end. */
  heard(): void
  /** Nothing waits any more. */
  drained(): void
  /** Monotonic ms. */
  now(): number
}

/** Whether this node may deliver at all: among several, one that has not heard for a while what has ended may not. */
export interface Gate {
  holds(): boolean
  /** Calls back, once, when it may again. */
  whenHeld(go: () => void): void
}

/**
 * The bounded queue towards one socket. While the socket takes what it is given, a turn's frames leave in one
 * write; while it does not, they wait here, where they can still be dropped or taken back, not in the kernel.
 */
export class Outlet {
  readonly #socket: Duplex
  readonly #turn: Turn
  readonly #limits: OutletLimits
  readonly #owner: Owner
  readonly #gate: Gate
  #frames = none
  #droppable = 0
  #answers = 0
  #held = false
  #shut = false
  #parked = false
  /** Monotonic ms since which the socket has taken nothing; 0 while it takes what it is given. */
  blockedAt = 0
  /** Monotonic ms of the last write. */
  sentAt: number

  constructor(socket: Duplex, turn: Turn, limits: OutletLimits, owner: Owner, gate: Gate) {
    this.#socket = socket
    this.#turn = turn
    this.#limits = limits
    this.#owner = owner
    this.#gate = gate
    this.sentAt = owner.now()
  }

  put(frame: Frame): void {
    if (this.#shut) return
    if (this.#frames.length === 0)
      this.#frames = [frame] // an empty one that is pushed to makes room for seventeen
    else this.#frames.push(frame)
    if (frame.droppable) this.#droppable += frame.bytes.length
    else this.#answers += frame.bytes.length
    // Also while nothing is blocked: within one turn of the loop an answer may ask for the next, before anything is written.
    if (this.#answers > answerBytes && !this.#held) this.#hold(true)
    if (!this.isBlocked) {
      if (this.#frames.length === 1) this.#turn.add(this)
      if (this.#droppable > this.#limits.queueBytes) this.flush() // if the socket does not take so much, the next one meets the limit
      return
    }
    if (frame.droppable && (this.#droppable > this.#limits.queueBytes || this.isLate())) this.#owner.fellBehind()
    if (this.#answers > mostBytes) this.#owner.overfull()
  }

  flush(join: Join = joinOnce): void {
    if (this.#shut || this.#frames.length === 0 || this.#socket.destroyed || !this.#owner.isOpen()) return
    if (!this.#gate.holds()) return this.#park()
    const frames = this.#frames
    this.#frames = none
    this.sentAt = this.#owner.now()
    this.#droppable = 0
    this.#answers = 0
    this.#socket.write(join(frames))
    if (!this.#socket.writableNeedDrain) {
      if (this.#held) this.#hold(false)
      return
    }
    this.blockedAt = this.sentAt
    this.#socket.once('drain', this.#drain)
  }

  /** Not the reader's fault: what waits is bounded as for a slow one, but nobody is disconnected for it. */
  #park(): void {
    if (this.#parked) return
    this.#parked = true
    this.#gate.whenHeld(() => {
      this.#parked = false
      if (this.isBlocked) return
      if (this.#held) this.#hold(false)
      if (this.#frames.length > 0) this.#turn.add(this) // with all the others, a slice at a time
      this.#owner.drained()
    })
  }

  /** A sign of life, which says nothing of anybody: it goes out also while nothing else may, and not at all where it would have to wait. */
  beat(frame: Frame): void {
    if (this.#shut || this.blockedAt !== 0 || this.#socket.destroyed || !this.#owner.isOpen()) return
    this.sentAt = this.#owner.now()
    this.#socket.write(frame.bytes)
  }

  readonly #drain = (): void => {
    this.blockedAt = 0
    this.#owner.heard()
    if (this.#held) this.#hold(false)
    this.flush()
    if (!this.isBlocked) this.#owner.drained()
  }

  #hold(on: boolean): void {
    this.#held = on
    this.#owner.hold(on)
  }

  /** True when events have waited for as long as they may. */
  isLate(): boolean {
    return this.blockedAt !== 0 && this.#droppable > 0 && this.#owner.now() - this.blockedAt >= this.#limits.queueAge
  }

  get isBlocked(): boolean {
    return this.blockedAt !== 0 || this.#parked
  }

  /** Nothing waits here or in the socket: what is written now arrives at once. */
  get isEmpty(): boolean {
    return this.#frames.length === 0 && this.#socket.writableLength === 0
  }

  /** bytes that wait here. */
  get queued(): number {
    return this.#droppable + this.#answers
  }

  /** Takes back what may be dropped; of all rooms, or of one. Returns, by room, the first seq that was dropped. */
  drop(room?: string): Map<string, number> {
    const dropped = new Map<string, number>()
    this.#frames = this.#frames.filter((frame) => {
      if (!frame.droppable || (room !== undefined && frame.of?.room !== room)) return true
      this.#droppable -= frame.bytes.length
      if (frame.of && !dropped.has(frame.of.room)) dropped.set(frame.of.room, frame.of.events[0]?.seq ?? 0)
      return false
    })
    return dropped
  }

  /** From here on nothing is handed to the socket any more. */
  shut(): void {
    this.#shut = true
    this.#frames = none
    this.#droppable = 0
    this.#answers = 0
    this.#socket.off('drain', this.#drain)
  }
}
