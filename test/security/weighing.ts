import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Weight } from './subject.ts'

/** Lets the parent of this process weigh it, and end it. */
export function answerParent(rest: () => Pick<Weight, 'connections' | 'faults'>, close: () => Promise<unknown>): void {
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  process.on('message', async (ask: 'weigh' | 'close') => {
    if (ask === 'close') {
      await close()
      process.exit(0)
    }
    const stall = delay.max / 1e6
    const told = rest()
    for (let i = 0; i < 3; i++) {
      void globalThis.gc?.()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    delay.reset() // collecting is not its own doing
    const { heapUsed, external, rss } = process.memoryUsage()
    process.send?.({ used: heapUsed + external, rss, stall, ...told } satisfies Weight)
  })
  process.on('disconnect', () => process.exit(1))
}
