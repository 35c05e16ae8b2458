/** Where a value stands: in a file of config/, or in the environment. */
export type Place = { file: string; line: number; column: number } | { env: string }

/** One thing that is wrong, in words a person can act on. */
export interface Fault {
  place: Place
  /** `server.port`, or what was written where a setting was expected; empty when a whole file is meant. */
  key: string
  words: string
  suggestion?: string
  allowed?: string
}

export const sayPlace = (place: Place): string => ('env' in place ? `env ${place.env}` : `${place.file}:${place.line}:${place.column}`)

/** `config/local.yaml:12:5 server.prot — unknown setting. Did you mean "port"? Allowed: host, port, …` */
export function sayFault({ place, key, words, suggestion, allowed }: Fault): string {
  const parts = [
    `${sayPlace(place)}${key && ` ${key}`} — ${words}.`,
    suggestion && `Did you mean "${suggestion}"?`,
    allowed && `Allowed: ${allowed}${allowed.endsWith('…') ? '' : '.'}`,
  ]
  return parts.filter(Boolean).join(' ')
}

/** Everything that is wrong with the configuration, at once. */
export class ConfigFaults extends Error {
  override name = 'ConfigFaults'
  readonly faults: readonly Fault[]

  constructor(faults: readonly Fault[]) {
    super(faults.map(sayFault).join('\n'))
    this.faults = faults
  }
}

/** Behind a sentence about a name that means nothing; nothing, where nothing is near it. */
export const didYouMean = (near: string | undefined): string => (near === undefined ? '' : ` Did you mean "${near}"?`)

/** The one of `words` that was probably meant, if any is near enough. */
export function nearest(written: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const word of words) {
    const distance = editDistance(written.toLowerCase(), word.toLowerCase())
    if (distance < least) [best, least] = [word, distance]
  }
  return best
}

/** Levenshtein: how many letters must be put in, taken out or changed. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
