import { Refusal } from '../protocol/codes.ts'

/**
 * Lets `atOnce` works through at a time and `queue` wait.
 * @throws Refusal unavailable when more would have to wait.
 */
export function createTurnstile({ atOnce, queue }: { atOnce: () => number; queue: () => number }) {
  let inside = 0
  const waiting: (() => void)[] = []

  return async function pass<T>(work: () => Promise<T>): Promise<T> {
    if (inside >= atOnce()) {
      if (waiting.length >= queue()) throw new Refusal('unavailable', 'Too many people sign in at this moment.', { retryAfterMs: 2_000 })
      await new Promise<void>((resolve) => waiting.push(resolve)) // whoever leaves hands its place over
    } else inside += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else inside -= 1
    }
  }
}
