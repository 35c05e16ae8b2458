import { createHistogram, monitorEventLoopDelay, type RecordableHistogram } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into every server that runs on Node, before it: sees from the inside what cannot be seen from without. It costs
 * a timer a millisecond, all of them the same; where nearly nothing is done that would be most of it, and it looks less often.
 */

/** What the bench asks of it: to look every so many ms; `collect`: sweep the memory up first, so that what is left is what is held. */
export type WatchAsk = { watch: 'begin' | 'end'; every: number; collect: boolean }
/** ms that a turn of the event loop took, ms of the processor that it had meanwhile, and bytes on the heap and beside it. */
export interface Watched {
  loopP99: number
  loopMax: number
  /** On a core with other threads a turn lasts longer than what is done in it: this leaves out what the others did. */
  turnCpuP99: number
  turnCpuMax: number
  heap: number
}

if (isMainThread && process.send) {
  let loop: ReturnType<typeof monitorEventLoopDelay> | undefined
  let every = 0
  const turns = createHistogram()
  let ticking: NodeJS.Timeout | undefined
  process.on('message', (ask: WatchAsk) => {
    if (ask.watch === undefined) return
    if (ask.collect) sweepUp()
    if (ask.watch === 'begin') {
      every = ask.every
      loop = monitorEventLoopDelay({ resolution: every })
      turns.reset()
      loop.enable()
      ticking = countTurns(turns, every)
    } else {
      loop?.disable()
      clearInterval(ticking)
    }
    process.send?.({ watched: seen() })
  })
  process.channel?.unref()

  /** A timer that comes when it should has waited for its own time. */
  const late = (nanoseconds = 0) => Math.max(0, nanoseconds / 1e6 - every)
  const seen = (): Watched => {
    const { heapUsed, external } = process.memoryUsage()
    return {
      ...{ loopP99: late(loop?.percentile(99)), loopMax: late(loop?.max) },
      ...{ turnCpuP99: turns.percentile(99) / 1000, turnCpuMax: turns.max / 1000 },
      heap: heapUsed + external,
    }
  }
}

/** Between two calls of a timer there is one turn of the loop, or several that together were shorter than the timer. */
function countTurns(turns: RecordableHistogram, every: number): NodeJS.Timeout {
  const used = (): number => {
    const { user, system } = process.threadCpuUsage()
    return user + system
  }
  let last = used()
  return setInterval(() => {
    const now = used()
    turns.record(Math.max(1, now - last))
    last = now
  }, every).unref()
}

function sweepUp(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
}
