import type { WebSocket } from 'ws'

/** Why a connection is not read from: too many answers wait for it, it sends too fast, the server is stopping. */
type Reason = 'answers' | 'pace' | 'drain'

/** What comes in is read while there is no reason not to: one that has passed does not undo another. */
export class Tap {
  readonly #ws: WebSocket
  readonly #reasons = new Set<Reason>()

  constructor(ws: WebSocket) {
    this.#ws = ws
  }

  shut(why: Reason): void {
    this.#reasons.add(why)
    this.#ws.pause()
  }

  open(why: Reason): void {
    if (this.#reasons.delete(why) && this.#reasons.size === 0) this.#ws.resume()
  }
}
