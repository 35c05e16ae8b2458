interface Entry<T> {
  claims: T
  /** The key that signed it: once that is dropped from the ring, the entry no longer counts. */
  kid: string
  exp: number
}

/** Tokens whose signature was found good, by their SHA-256, until they expire; the least recently used one makes room. */
export function createTokenCache<T>({ most }: { most: number }) {
  const entries = new Map<string, Entry<T>>()
  return {
    get(hash: string, now: number, knows: (kid: string) => boolean): T | undefined {
      const entry = entries.get(hash)
      if (entry === undefined) return undefined
      entries.delete(hash)
      if (now >= entry.exp || !knows(entry.kid)) return undefined
      entries.set(hash, entry)
      return entry.claims
    },
    set(hash: string, entry: Entry<T>): void {
      entries.set(hash, entry)
      if (entries.size > most) {
        for (const oldest of entries.keys()) {
          entries.delete(oldest)
          break
        }
      }
    },
  }
}
