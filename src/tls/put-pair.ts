import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { PairFacts } from './facts.ts'
import { checkPair, developmentFacts, uncoveredWords } from './pair.ts'
import { caFile, certFile, keyFile, readPair, writePair } from './pair-files.ts'

/** A pair is not written, or not read; `reasons` say why. */
export class PairRefused extends Error {
  override name = 'PairRefused'
  readonly reasons: readonly string[]

  constructor(words: string, reasons: readonly string[], advice = '') {
    super(`${words}:\n${reasons.map((reason) => `- ${reason}`).join('\n')}${advice && `\n${advice}`}`)
    this.reasons = reasons
  }
}

export interface Put {
  facts: PairFacts
  warnings: readonly string[]
}

interface Asked {
  dir: string
  /** ms since 1970. */
  now: number
  /** Write over what stands against it. */
  force: boolean
}

/**
 * Makes a development pair anew, for loopback and `more` names.
 * @throws PairRefused an operator's pair is there, or something that may become one.
 */
export async function putDevelopmentPair({ dir, now, force, more }: Asked & { more: readonly string[] }): Promise<Put> {
  const found = await readPair(dir)
  const isFree = found.pair === undefined ? found.absent : developmentFacts(found.pair) !== undefined
  if (!isFree && !force)
    throw new PairRefused(`Nothing was written to ${dir}`, [`${certFile} or ${keyFile} there is not of Parley’s making`])
  const { makeDevelopmentPair } = await import('./development-ca.ts')
  const pair = await makeDevelopmentPair(now, more)
  const verdict = checkPair({ ...pair, now, names: [] })
  if (!verdict.ok) throw new PairRefused('The pair that was made cannot serve', verdict.reasons)
  await writePair(dir, pair)
  return verdict
}

/**
 * Takes over a pair from another folder (certbot's `live/NAME`, say): checked first, then written whole.
 * @param names hosts that people type, for which it should be.
 * @throws PairRefused
 */
export async function importPair({ from, dir, now, force, names }: Asked & { from: string; names: readonly string[] }): Promise<Put> {
  const found = await readPair(from)
  if (found.pair === undefined) throw new PairRefused(`There is no pair in ${from}`, found.reasons)
  const verdict = checkPair({ ...found.pair, now, names })
  if (!verdict.ok) throw new PairRefused(`The pair in ${from} cannot serve`, verdict.reasons)
  const { facts } = verdict
  const missed = verdict.uncovered.map((name) => uncoveredWords(name, facts))
  if (missed.length > 0 && !force)
    throw new PairRefused(
      `The pair in ${from} is for other hosts than people type`,
      missed,
      'Say in server.publicUrl what they type, or --force.',
    )
  const before = await readPair(dir)
  await writePair(dir, found.pair)
  // The authority of a development pair that is gone vouches for nothing here any more.
  if (before.pair && developmentFacts(before.pair)) await rm(join(dir, caFile), { force: true })
  return { facts, warnings: [...found.warnings, ...verdict.warnings, ...missed] }
}
