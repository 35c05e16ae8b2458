/** What of a pattern decides how long it may take. */
export interface Shape {
  /** Repetitions without an end: `*`, `+`, `{n,}`. */
  endless: number
  /** One of them stands in a group that is itself repeated. */
  nested: boolean
  /** It can begin at one place only. */
  anchored: boolean
  /** Its only endless repetition is the last thing in it: nothing can fail after it. */
  endsEndless: boolean
}

/** Reads a pattern as RegExp would, for no more than this. */
export function shapeOf(pattern: string, flags: string): Shape {
  const groups: number[] = []
  let [endless, at, inside, closed] = [0, 0, 0, 0]
  let [nested, endsEndless, alternatives] = [false, false, false]
  const skipClass = () => {
    for (at += 1; pattern[at] !== ']'; at += 1) if (pattern[at] === '\\') at += 1
  }
  /** Endless repetitions in what was just read: those of a group that closed, or none. */
  while (at < pattern.length) {
    const repeated = /^(?:[*+?]|\{\d+(?:,\d*)?\})\??/.exec(pattern.slice(at))?.[0]
    if (repeated !== undefined && at > 0) {
      const isEndless = /^[*+]|,\}/.test(repeated)
      if (closed > 0 && !repeated.startsWith('?')) nested = true
      if (isEndless) {
        endless += 1
        inside += 1
      }
      at += repeated.length
      endsEndless = isEndless && at === pattern.length
      closed = 0
      continue
    }
    closed = 0
    const sign = pattern[at]
    if (sign === '\\') at += 1
    else if (sign === '[') skipClass()
    else if (sign === '|') alternatives = true
    else if (sign === '(') {
      groups.push(inside)
      inside = 0
      at += /^\((?:\?(?:[:=!]|<[=!]|<\w+>))?/.exec(pattern.slice(at))?.[0].length ?? 1
      continue
    } else if (sign === ')') {
      closed = inside
      inside += groups.pop() ?? 0
    }
    at += 1
  }
  const anchored = pattern.startsWith('^') && !flags.includes('m') && !(alternatives && /\|(?!\^)/.test(pattern.replace(/\([^)]*\)/g, '')))
  return { endless, nested, anchored, endsEndless }
}

/**
 * Whether any text takes at most time in proportion to its length, as far as the shape alone shows: nothing endless; or one endless
 * repetition, not repeated itself, that either can begin at one place only or after which nothing can fail.
 */
export const isPlainlyLinear = (pattern: string, flags: string): boolean => {
  const { endless, nested, anchored, endsEndless } = shapeOf(pattern, flags)
  return endless === 0 || (endless === 1 && !nested && (anchored || endsEndless))
}
