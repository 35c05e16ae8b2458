import { createJoiner, type Join } from './joiner.ts'

/** ms of flushing before the loop gets its turn for pings and reads; looked at every so many flushes of some 20–60 µs (`fan-out-64`: loop max ms). */
const slice = 3
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
  const marks: { at: number; then: () => void }[] = []

  function run(): void {
    const now = waiting
    waiting = []
    const from = performance.now()
    let done = now.length
    for (let i = 0; i < now.length; i++) {
      now[i]?.flush(join)
      if (i % stride === stride - 1 && performance.now() - from > slice) {
        done = i + 1
        waiting = now.slice(done).concat(waiting)
        break
      }
    }
    forget()
    flushed += done
    armed = waiting.length > 0
    if (armed) setImmediate(run)
    while ((marks[0]?.at ?? Number.POSITIVE_INFINITY) <= flushed) marks.shift()?.then()
  }

  return {
    add(one: Flushable): void {
      waiting.push(one)
      if (armed) return
      armed = true
      setImmediate(run)
    },
    /** Calls back when all that waits now has been handed to its sockets. */
    after(then: () => void): void {
      if (waiting.length === 0) then()
      else marks.push({ at: flushed + waiting.length, then })
    },
  }
}

export type Turn = ReturnType<typeof createTurn>
