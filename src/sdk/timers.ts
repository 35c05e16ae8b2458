/** What the SDK needs of a clock that rings; tests hand in one that they turn by hand. */
export interface Timers {
  set(run: () => void, ms: number): unknown
  clear(timer: unknown): void
}

export const realTimers: Timers = {
  set: (run, ms) => setTimeout(run, ms),
  clear: (timer) => clearTimeout(timer as number),
}
