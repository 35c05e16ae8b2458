import { InvalidArgumentError } from 'commander'
import * as v from 'valibot'
import { duration } from '../../config/kinds.ts'

/** Reads `15m`, `1h`, `7d` as ms, with the same words as the configuration. */
export function durationOption(min: string, max: string): (written: string) => number {
  const { check, allowed } = duration(min, max)
  return (written) => {
    const read = v.safeParse(check, written)
    if (!read.success) throw new InvalidArgumentError(`It ${read.issues[0].message}. Allowed: ${allowed}.`)
    return read.output
  }
}
