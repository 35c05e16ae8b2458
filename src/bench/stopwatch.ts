import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Many durations, kept to three digits. */
export class Durations {
  readonly #histogram: RecordableHistogram = createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 })

  /** @param ms between a microsecond and ten minutes. */
  add(ms: number): void {
    this.#histogram.record(Math.min(600_000_000, Math.max(1, Math.round(ms * 1000))))
  }

  /** ms; NaN when nothing was measured. */
  figures(): { p50: number; p99: number; max: number } {
    if (this.#histogram.count === 0) return { p50: Number.NaN, p99: Number.NaN, max: Number.NaN }
    const at = (percentile: number) => this.#histogram.percentile(percentile) / 1000
    return { p50: at(50), p99: at(99), max: this.#histogram.max / 1000 }
  }
}

/** Starts a measured time. What it returns tells its length and what this process used of a core: near 1, the load was the limit. */
export function startWatch(): () => { ms: number; ownCpu: number } {
  const began = performance.now()
  const cpu = process.cpuUsage()
  return () => {
    const ms = performance.now() - began
    const { user, system } = process.cpuUsage(cpu)
    return { ms, ownCpu: (user + system) / 1000 / ms }
  }
}
