import { createJoiner, type Join } from './joiner.ts'

/**
 * ms from when there is something to flush to the end of a slice of flushing: what the loop reads and tells meanwhile shortens it
 * (`fan-out-64`, loop p99 ms: 3.8 for 5.2, four rounds beside slices of 3 ms whatever went before them).
 */
const turnMs = 3
/** ms that it lasts at least; looked at every so many flushes of some 20–60 µs. */
const least = 1
const stride = 8

interface Flushable {
  flush(join: Join): void
}

/**
 * Everything that a turn of the event loop has for a socket leaves in one write at the end of the turn. The cost
 * of fan-out is one flush to one socket, whatever is in it; joining what comes together is ×2–3.
 */
export function createTurn() {
  const { join, forget } = createJoiner()
  let waiting: Flushable[] = []
  let armed = false
  let flushed = 0
  let armedAt = 0
  const marks: { at: number; then: () => void }[] = []

  function arm(): void {
    armed = true
    armedAt = performance.now()
    setImmediate(run)
  }

  function run(): void {
    const now = waiting
    waiting = []
    const from = performance.now()
    const until = Math.max(from + least, armedAt + turnMs)
    let done = now.length
    for (let i = 0; i < now.length; i++) {
      now[i]?.flush(join)
      if (i % stride === stride - 1 && performance.now() > until) {
        done = i + 1
        waiting = now.slice(done).concat(waiting)
        break
      }
    }
    forget()
    flushed += done
    armed = false
    if (waiting.length > 0) arm()
    while ((marks[0]?.at ?? Number.POSITIVE_INFINITY) <= flushed) marks.shift()?.then()
  }

  return {
    add(one: Flushable): void {
      waiting.push(one)
      if (!armed) arm()
    },
    /** Calls back when all that waits now has been handed to its sockets. */
    after(then: () => void): void {
      if (waiting.length === 0) then()
      else marks.push({ at: flushed + waiting.length, then })
    },
  }
}

export type Turn = ReturnType<typeof createTurn>
