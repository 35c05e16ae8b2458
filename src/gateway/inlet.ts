import { BadFrame, type ClientFrame, type FrameType, readFrame } from '../protocol/client-frames.ts'
import { Refusal, refusals } from '../protocol/codes.ts'
import { badFramesAllowed } from '../protocol/limits.ts'
import type { Refused } from '../protocol/server-frames.ts'

/** Writes are pipelined: many may share a commit. Any other frame waits for the writes before it, and the next for it. */
const writes: ReadonlySet<FrameType> = new Set<FrameType>(['post', 'edit', 'remove', 'react'])

interface Deps {
  limits: () => { textLength: number; pending: number }
  /** Acts on a frame; a write must have entered the store's queue when this returns its promise. `undefined`: answered already. */
  handle: (frame: ClientFrame) => Promise<object | undefined>
  reply: (frame: { type: 'ok'; ref: number } & object) => void
  refuse: (frame: Refused) => void
  /** The third thing that was no frame. */
  giveUp: () => void
  /** A fault of ours, not a refusal. */
  failed: (error: unknown, frame: ClientFrame) => void
}

/** The FIFO of one connection: bytes in, one answer to each frame out. */
export class Inlet {
  readonly #deps: Deps
  readonly #queue: ClientFrame[] = []
  #writing = 0
  #alone = true // until the welcome has been sent
  #bad = 0
  #held = false
  #shut = false

  constructor(deps: Deps) {
    this.#deps = deps
  }

  /** The welcome is out: what came meanwhile is next. */
  start(): void {
    this.#alone = false
    this.#pump()
  }

  receive(raw: string): void {
    if (this.#shut) return
    const { textLength, pending } = this.#deps.limits()
    try {
      const frame = readFrame(raw, textLength)
      if (this.unanswered >= pending) throw refusalOf(frame.ref, 'too_many_pending', 1000)
      this.#queue.push(frame)
    } catch (error) {
      this.#refuseBad(error)
    }
    this.#pump()
  }

  /** Nothing more is begun while the answers that there are wait to be read. */
  hold(on: boolean): void {
    this.#held = on
    this.#pump()
  }

  get unanswered(): number {
    return this.#queue.length + this.#writing + (this.#alone ? 1 : 0)
  }

  shut(): void {
    this.#shut = true
    this.#queue.length = 0
  }

  #refuseBad(error: unknown): void {
    if (!(error instanceof Refusal)) throw error
    const ref = error instanceof BadFrame || error instanceof AtRef ? error.ref : 0
    this.#deps.refuse(toRefused(ref, error))
    if (ref === 0 && ++this.#bad > badFramesAllowed) this.#deps.giveUp()
  }

  #pump(): void {
    while (this.#queue.length > 0 && !this.#alone && !this.#held && !this.#shut) {
      const frame = this.#queue[0] as ClientFrame
      const isWrite = writes.has(frame.type)
      if (!isWrite && this.#writing > 0) return
      this.#queue.shift()
      if (isWrite) this.#writing++
      else this.#alone = true
      void this.#act(frame, isWrite)
    }
  }

  async #act(frame: ClientFrame, isWrite: boolean): Promise<void> {
    try {
      const answer = await this.#deps.handle(frame)
      if (answer && !this.#shut) this.#deps.reply({ type: 'ok', ref: frame.ref, ...answer })
    } catch (error) {
      if (!(error instanceof Refusal)) this.#deps.failed(error, frame)
      if (!this.#shut) this.#deps.refuse(toRefused(frame.ref, error))
    } finally {
      if (isWrite) this.#writing--
      else this.#alone = false
      this.#pump()
    }
  }
}

class AtRef extends Refusal {
  readonly ref: number
  constructor(ref: number, code: Refusal['code'], retryAfterMs: number) {
    super(code, undefined, { retryAfterMs })
    this.ref = ref
  }
}
const refusalOf = (ref: number, code: Refusal['code'], retryAfterMs: number) => new AtRef(ref, code, retryAfterMs)

/** The one translator for sockets: what is not a refusal is `internal`, and its cause stays in the log. */
function toRefused(ref: number, error: unknown): Refused {
  const { code, message, retryAfterMs } = error instanceof Refusal ? error : new Refusal('internal')
  return { type: 'refused', ref, code, message, retryable: refusals[code].retry, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}
