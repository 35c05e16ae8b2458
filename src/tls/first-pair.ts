import { join } from 'node:path'
import type { Logger } from 'pino'
import { daysLeft, type PairFacts } from './facts.ts'
import { checkPair, developmentFacts, uncoveredWords } from './pair.ts'
import { caFile, certFile, keyFile, type Pair, readPair, writePair } from './pair-files.ts'

export interface ServedPair {
  pair: Pair
  facts: PairFacts
  /** Hosts that people type and it is not for. */
  uncovered: readonly string[]
}

interface Asked {
  dir: string
  names: readonly string[]
  log: Pick<Logger, 'info' | 'warn'>
  now: () => number
}

/** Days before its end at which a development pair is made anew. */
const renewalDays = 14

/**
 * The pair to start with. Where there is none, one for development is made; one of those that is about to end is made
 * again. What an operator put there is never written over.
 * @throws Error in words: there is a pair, or half of one, that cannot serve.
 */
export async function firstPair({ dir, names, log, now }: Asked): Promise<ServedPair & { made: boolean }> {
  const made = await makeWhereNeeded({ dir, log, now })
  const found = await readPair(dir)
  if (found.pair === undefined) throw unusable(dir, found.reasons)
  const verdict = checkPair({ ...found.pair, now: now(), names })
  if (!verdict.ok) throw unusable(dir, verdict.reasons)
  const warnings = [...found.warnings, ...verdict.warnings, ...verdict.uncovered.map((name) => uncoveredWords(name, verdict.facts))]
  for (const words of warnings) log.warn({ event: 'tls_pair_warning', dir }, `The certificate serves, but ${words}`)
  return { pair: found.pair, facts: verdict.facts, uncovered: verdict.uncovered, made }
}

async function makeWhereNeeded({ dir, log, now }: Omit<Asked, 'names'>): Promise<boolean> {
  const found = await readPair(dir)
  const ours = found.pair && developmentFacts(found.pair)
  const isOld = ours !== undefined && daysLeft(ours, now()) < renewalDays
  if (!isOld && (found.pair !== undefined || !found.absent)) return false
  // Loaded only now: the library behind it is large, and most starts find a pair.
  const { makeDevelopmentPair } = await import('./development-ca.ts')
  try {
    await writePair(dir, await makeDevelopmentPair(now(), ours?.names))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : 'unknown'
    const words = `No certificate can be written to ${dir} (${code}): put ${certFile} and ${keyFile} there, or make it writable`
    throw new Error(words, { cause: error })
  }
  const why = isOld
    ? 'The development certificate was about to expire: a new one is made'
    : 'There was no certificate: one for this machine is made'
  log.info({ event: 'tls_pair_made', dir }, `${why}. Browsers trust it once they trust ${join(dir, caFile)}, which is new as well.`)
  return true
}

const unusable = (dir: string, reasons: readonly string[]): Error =>
  new Error(
    `The certificate in ${dir} cannot be used:\n${reasons.map((reason) => `- ${reason}\n`).join('')}` +
      `Put a good ${certFile} and ${keyFile} there. With neither of them, one for development is made.`,
  )
