import type { WebSocket } from 'ws'

/** Why a connection is not read from: too many answers wait for it, it sends too fast, the server is stopping. */
type Reason = 'answers' | 'pace' | 'drain'

/** What comes in is read while there is no reason not to: one that has passed does not undo another. */
export class Tap {
  readonly #ws: WebSocket
  readonly #monotonic: () => number
  readonly #reasons = new Set<Reason>()
  /** ms for which it was shut, the present time left out. */
  #shutFor = 0
  #shutAt = 0

  constructor(ws: WebSocket, monotonic: () => number) {
    this.#ws = ws
    this.#monotonic = monotonic
  }

  shut(why: Reason): void {
    if (this.#reasons.size === 0) this.#shutAt = this.#monotonic()
    this.#reasons.add(why)
    this.#ws.pause()
  }

  open(why: Reason): void {
    if (!this.#reasons.delete(why) || this.#reasons.size > 0) return
    this.#shutFor += this.#monotonic() - this.#shutAt
    this.#ws.resume()
  }

  /** ms on a clock that stands still while nothing is read. */
  reading(now: number): number {
    return (this.#reasons.size > 0 ? this.#shutAt : now) - this.#shutFor
  }
}
