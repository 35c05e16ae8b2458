import { monitorEventLoopDelay } from 'node:perf_hooks'

/** ms between two looks of the monitor; it reports them as part of each delay. */
const resolution = 20
/** ms. */
const window = 10_000

/** How late the event loop was over the last full window, in seconds: whoever asks twice gets the same answer twice. */
export function watchLoopDelay() {
  const monitor = monitorEventLoopDelay({ resolution })
  const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - resolution / 1e3)
  let last: Record<'p50' | 'p99' | 'max', number> | undefined
  const read = () => ({
    p50: late(monitor.percentile(50)),
    p99: late(monitor.percentile(99)),
    max: late(monitor.count === 0 ? 0 : monitor.max),
  })
  monitor.enable()
  const turn = setInterval(() => {
    last = read()
    monitor.reset()
  }, window).unref()
  return {
    /** Of the window so far while the first one runs. */
    read: () => last ?? read(),
    close(): void {
      clearInterval(turn)
      monitor.disable()
    },
  }
}
