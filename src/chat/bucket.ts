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
    this.#fill(now, perSecond, burst)
    if (this.#tokens >= 1) {
      this.#tokens -= 1
      return 0
    }
    return Math.max(1, Math.ceil(((1 - this.#tokens) / perSecond) * 1000))
  }

  /** Takes one for what has happened already, on credit if there is none. */
  spend(now: number, perSecond: number, burst: number): void {
    this.#fill(now, perSecond, burst)
    this.#tokens -= 1
  }

  /** 0, or ms until what was taken on credit is paid back. */
  owes(now: number, perSecond: number, burst: number): 0 | number {
    this.#fill(now, perSecond, burst)
    return this.#tokens >= 0 ? 0 : Math.max(1, Math.ceil((-this.#tokens / perSecond) * 1000))
  }

  #fill(now: number, perSecond: number, burst: number): void {
    this.#tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
  }
}
