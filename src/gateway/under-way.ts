interface Asked {
  most: number
  /** ms for which each of them counts at most. */
  counts: number
  monotonic: () => number
  /** One of them is over. */
  ended: () => void
}

/**
 * What has begun and not ended, up to a bound that nobody can use up: what takes longer than it should waits for somebody else, and
 * no longer counts.
 */
export function createUnderWay<Key>({ most, counts, monotonic, ended }: Asked) {
  /** When each began, the oldest first. */
  const begun = new Map<Key, number>()
  return {
    begin(key: Key): void {
      begun.delete(key) // begun again, it is the youngest
      begun.set(key, monotonic())
    },
    end(key: Key): void {
      if (begun.delete(key)) ended()
    },
    isFull(): boolean {
      const tooLong = monotonic() - counts
      for (const [key, since] of begun) {
        if (since > tooLong) break
        begun.delete(key)
      }
      return begun.size >= most
    },
  }
}
