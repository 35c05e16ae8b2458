/** A token bucket on a monotonic clock: `burst` at once, then `perSecond`. */
export class Bucket {
  #tokens: number
  #at: number

  constructor(burst: number, now: number) {
    this.#tokens = burst
    this.#at = now
  }

  /** Takes one if there is one; else says in how many ms there will be. The limits are those of now. */
  take(now: number, perSecond: number, burst: number): 0 | number {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) / perSecond) * 1000))
  }
}
