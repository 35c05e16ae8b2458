import { randomInt } from 'node:crypto'
import type { TestContext } from 'node:test'

export interface Chance {
  /** A whole number from 0 to `n` − 1. */
  below(n: number): number
  pick<T>(list: readonly T[]): T
}

/** Chance that can be had again: the same seed, the same numbers (mulberry32). */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const below = (n: number): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * n)
  }
  return { below, pick: <T>(list: readonly T[]) => list[below(list.length)] as T }
}

/** The seed of this run, told in its report; PARLEY_SEED plays one again. */
export function seedOf(t: TestContext): number {
  const seed = Number(process.env.PARLEY_SEED ?? randomInt(2 ** 31))
  t.diagnostic(`PARLEY_SEED=${seed}`)
  return seed
}

/** How many times over: PARLEY_MORE=10 does ten times what fits into a minute. What is dear is done `once`, fewer times, where nobody asks for more. */
export const often = (times: number, once = times): number =>
  process.env.PARLEY_MORE === undefined ? once : times * Number(process.env.PARLEY_MORE)
