/** ms of flushing before the loop gets its turn for pings and reads. */
const slice = 4

interface Flushable {
  flush(): void
}

/**
 * Everything that a turn of the event loop has for a socket leaves in one write at the end of the turn. The cost
 * of fan-out is one flush to one socket, whatever is in it; joining what comes together is ×2–3.
 */
export function createTurn() {
  let waiting: Flushable[] = []
  let armed = false

  function run(): void {
    const now = waiting
    waiting = []
    const from = performance.now()
    for (let i = 0; i < now.length; i++) {
      now[i]?.flush()
      if ((i & 63) === 63 && performance.now() - from > slice) {
        waiting = now.slice(i + 1).concat(waiting)
        break
      }
    }
    armed = waiting.length > 0
    if (armed) setImmediate(run)
  }

  return {
    add(one: Flushable): void {
      waiting.push(one)
      if (armed) return
      armed = true
      setImmediate(run)
    },
  }
}

export type Turn = ReturnType<typeof createTurn>
