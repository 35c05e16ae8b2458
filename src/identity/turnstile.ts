import { Refusal } from '../protocol/codes.ts'

export interface Turnstile {
  /**
   * @param known whoever names itself so stands in front of those who do not, at one place for each name.
   * @param work is told whether it came alone: nobody else is inside, and it had not to wait.
   * @throws Refusal unavailable when more would have to wait.
   */
  pass<T>(work: (alone: boolean) => Promise<T>, known?: string): Promise<T>
  /** Nothing, or the refusal that a stranger would get: asked before anything is done for one. @throws Refusal unavailable */
  checkRoom(): void
}

/** After so many of the known ones a stranger who waits has a turn: a few people who sign in again and again cannot keep out all others. */
const knownInARow = 4

/**
 * Lets `atOnce` works through at a time and `queue` wait, and as many again of those who are known: a crowd of strangers cannot keep them out.
 */
export function createTurnstile({ atOnce, queue }: { atOnce: () => number; queue: () => number }): Turnstile {
  let inside = 0
  let passedOver = 0
  const strangers: (() => void)[] = []
  const ahead = new Map<string, () => void>()

  function wait(known: string | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (known !== undefined && !ahead.has(known) && ahead.size < queue()) ahead.set(known, resolve)
    else {
      checkRoom()
      strangers.push(resolve)
    }
    return promise
  }

  function checkRoom(): void {
    if (inside >= atOnce() && strangers.length >= queue())
      throw new Refusal('unavailable', 'Too many people sign in at this moment.', { retryAfterMs: 2_000 })
  }

  function next(): (() => void) | undefined {
    const [first] = ahead
    if (first === undefined || (strangers.length > 0 && passedOver >= knownInARow)) {
      passedOver = 0
      return strangers.shift()
    }
    const [known, enter] = first
    ahead.delete(known)
    passedOver = strangers.length > 0 ? passedOver + 1 : 0
    return enter
  }

  return {
    checkRoom,
    async pass(work, known) {
      const isFull = inside >= atOnce()
      if (isFull)
        await wait(known) // whoever leaves hands its place over
      else inside += 1
      try {
        return await work(!isFull && inside === 1)
      } finally {
        const enter = next()
        if (enter) enter()
        else inside -= 1
      }
    },
  }
}
