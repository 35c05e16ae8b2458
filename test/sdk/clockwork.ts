import type { Timers } from '../../src/sdk/timers.ts'

/** Lets everything run that waits for nothing but its turn. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A clock that is turned by hand. */
export class Clockwork implements Timers {
  time = 1_000_000
  readonly #timers = new Map<number, { at: number; run: () => void }>()
  #last = 0

  readonly now = (): number => this.time

  set(run: () => void, ms: number): unknown {
    this.#timers.set(++this.#last, { at: this.time + Math.max(0, ms), run })
    return this.#last
  }

  clear(timer: unknown): void {
    this.#timers.delete(timer as number)
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** Turns the clock on, ringing in order what is due. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms
    await settle()
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [id, { at, run }] = next
      this.#timers.delete(id)
      this.time = at
      run()
      await settle()
    }
    this.time = end
  }

  #next(end: number): [number, { at: number; run: () => void }] | undefined {
    return [...this.#timers].filter(([, { at }]) => at <= end).sort(([a, { at }], [b, other]) => at - other.at || a - b)[0]
  }
}
