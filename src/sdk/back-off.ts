import { verdictOf } from '../protocol/codes.ts'

const longestMs = 60_000
const overloadMs = 10_000
const jitterMs = 250
/** After so many closes in a row, "at once" is no longer believed: the server is in trouble and says so badly. */
const timesAtOnce = 3

export interface BackOff {
  /** The connection held: start again with short waits. */
  reset(): void
  /** ms to wait after a close. @param window ms from … to, when the server's `bye` gave one. */
  afterClose(code: number, window?: [number, number]): number
  /** ms to wait when no credential was to be had. */
  afterDenial(retryAfterMs?: number): number
}

/** Full jitter, so that a thousand clients that were cut together do not come back together. */
export function createBackOff(random: () => number): BackOff {
  let n = 0
  const full = () => random() * Math.min(longestMs, 1_000 * 2 ** n++)

  return {
    reset() {
      n = 0
    },
    afterClose(code, window) {
      if (code === 1013) return overloadMs + full()
      if (verdictOf(code) !== 'back-off' && n < timesAtOnce) return random() * jitterMs * ++n
      if (window && verdictOf(code) === 'back-off') return window[0] + random() * (window[1] - window[0])
      return full()
    },
    afterDenial(retryAfterMs) {
      return retryAfterMs === undefined ? full() : retryAfterMs * (1 + random() / 5)
    },
  }
}
