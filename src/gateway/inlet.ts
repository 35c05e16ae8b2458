import { BadFrame, type ClientFrame, type FrameType, readFrame } from '../protocol/client-frames.ts'
import { Refusal, type RefusalCode, refusals } from '../protocol/codes.ts'
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
  failed: (error: unknown, type: FrameType | 'unreadable') => void
  /** Each frame once, for metrics. */
  answered: (type: FrameType | 'unreadable', outcome: 'ok' | RefusalCode) => void
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
    try {
      const { textLength, pending } = this.#deps.limits()
      const frame = readFrame(raw, textLength)
      if (this.unanswered >= pending) this.#refuse(frame, new Refusal('too_many_pending', undefined, { retryAfterMs: 1000 }))
      else this.#queue.push(frame)
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
    const isBad = error instanceof BadFrame
    if (!isBad) this.#deps.failed(error, 'unreadable') // thrown on from here it would end the process
    const ref = isBad ? error.ref : 0
    this.#refuse({ type: 'unreadable', ref }, error)
    if (ref === 0 && ++this.#bad > badFramesAllowed) this.#deps.giveUp()
  }

  /** The one translator for sockets: what is not a refusal is `internal`, and its cause stays in the log. */
  #refuse({ type, ref }: { type: FrameType | 'unreadable'; ref: number }, error: unknown): void {
    const { code, message, retryAfterMs } = error instanceof Refusal ? error : new Refusal('internal')
    this.#deps.answered(type, code)
    if (this.#shut) return
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
    this.#deps.refuse({ type: 'refused', ref, code, message, retryable: refusals[code].retry, ...wait })
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
      this.#deps.answered(frame.type, 'ok')
      if (answer && !this.#shut) this.#deps.reply({ type: 'ok', ref: frame.ref, ...answer })
    } catch (error) {
      if (!(error instanceof Refusal)) this.#deps.failed(error, frame.type)
      this.#refuse(frame, error)
    } finally {
      if (isWrite) this.#writing--
      else this.#alone = false
      this.#pump()
    }
  }
}
