import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into every server that runs on Node, before it: sees from the inside what cannot be seen from without. It costs
 * a timer a millisecond, all of them the same.
 */

/** What the bench asks of it; `collect`: sweep the memory up first, so that what is left is what is held. */
export type WatchAsk = { watch: 'begin' | 'end'; collect: boolean }
/** ms that a turn of the event loop took, and bytes on the heap and beside it. */
export interface Watched {
  loopP99: number
  loopMax: number
  heap: number
}

const resolution = 1

if (isMainThread && process.send) {
  const loop = monitorEventLoopDelay({ resolution })
  process.on('message', (ask: WatchAsk) => {
    if (ask.watch === undefined) return
    if (ask.collect) sweepUp()
    if (ask.watch === 'begin') {
      loop.reset()
      loop.enable()
    } else loop.disable()
    process.send?.({ watched: seen() })
  })
  process.channel?.unref()

  /** A timer that comes when it should has waited for its own millisecond. */
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolution)
  const seen = (): Watched => {
    const { heapUsed, external } = process.memoryUsage()
    return { loopP99: late(loop.percentile(99)), loopMax: late(loop.max), heap: heapUsed + external }
  }
}

function sweepUp(): void {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  gc()
  gc()
}
