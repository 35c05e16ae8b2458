import { isRefusalCode, type RefusalCode, refusals, type Verdict } from '../protocol/codes.ts'
import type { Refused as RefusedFrame } from '../protocol/server-frames.ts'

/** The server said no. Decide by `code` and `retryable`, never by the words. */
export class Refused extends Error {
  override name = 'Refused'
  readonly code: RefusalCode
  readonly retryable: boolean
  /** ms after which another try makes sense, if the server said so. */
  readonly retryAfterMs: number | undefined

  constructor({ code, message, retryable, retryAfterMs }: Omit<RefusedFrame, 'type' | 'ref'>) {
    super(message)
    this.code = code
    this.retryable = retryable
    this.retryAfterMs = retryAfterMs
  }
}

/** A refusal of which only the code is known. */
export const refusalFor = (code: RefusalCode): Refused =>
  isRefusalCode(code)
    ? new Refused({ code, message: refusals[code].words, retryable: refusals[code].retry })
    : new Refused({ code, message: 'The server refused.', retryable: false })

/** No answer came: there was no connection, or it ended first. Whether the request took effect is not known. */
export class Lost extends Error {
  override name = 'Lost'
}

/** Whoever wrote the message took it back before the server acknowledged it. */
export class Discarded extends Error {
  override name = 'Discarded'
}

/**
 * Thrown by `credential()` to say what a refused upgrade cannot: `new-credentials` = sign in first, `stop` = do not try again,
 * `back-off` = later, after `retryAfterMs` (ms) if given. Anything else that it throws counts as `back-off`.
 */
export class Denied extends Error {
  override name = 'Denied'
  readonly verdict: Exclude<Verdict, 'reconnect'>
  readonly retryAfterMs: number | undefined

  constructor(verdict: Exclude<Verdict, 'reconnect'>, message: string, retryAfterMs?: number) {
    super(message)
    this.verdict = verdict
    this.retryAfterMs = retryAfterMs
  }
}
