import type { Config } from '../config.ts'
import { daysLeft, type PairFacts } from '../tls/facts.ts'
import { checkPair, uncoveredWords } from '../tls/pair.ts'
import { readPair } from '../tls/pair-files.ts'

/** A certificate, as an operator wants to know it. Times are ms since 1970. */
export interface ShownPair {
  subject: string
  names: string[]
  issuer: string
  notBefore: number
  notAfter: number
  /** Whole ones; negative once it has expired. */
  daysLeft: number
  fingerprint256: string
  source: 'development' | 'operator'
}

export interface CertsStatus {
  dir: string
  mode: Config['tls']['mode']
  running: boolean
  /** False when what serves, or would, has expired or is refused. */
  ok: boolean
  onDisk: ShownPair | null
  /** Null without a server, or when a proxy speaks TLS. */
  inForce: ShownPair | null
  /** Why what lies in the folder cannot serve. */
  reasons: string[]
  /** It can, but. */
  warnings: string[]
}

interface Asked {
  tls: Config['tls']
  /** Hosts that people type. */
  names: readonly string[]
  /** What the server says: undefined without one, null when it speaks no TLS. */
  server: { inForce: PairFacts; refused: readonly string[] } | null | undefined
  /** ms since 1970. */
  now: number
}

/** What lies in the folder, and what of it holds. Only reads. */
export async function certsStatus({ tls, names, server, now }: Asked): Promise<CertsStatus> {
  const found = await readPair(tls.dir)
  const inForce = server?.inForce
  const about = { dir: tls.dir, mode: tls.mode, running: server !== undefined, inForce: inForce ? show(inForce, now) : null }
  const hasExpired = inForce !== undefined && now >= inForce.notAfter
  if (found.pair === undefined) {
    // Nothing there and nobody serving is a start that has not happened, or a proxy's business.
    const isMissed = !found.absent || inForce !== undefined
    return { ...about, ok: !isMissed, onDisk: null, reasons: isMissed ? found.reasons : [], warnings: [] }
  }
  const verdict = checkPair({ ...found.pair, now, names })
  const onDisk = verdict.facts ? show(verdict.facts, now) : null
  if (!verdict.ok) return { ...about, ok: false, onDisk, reasons: verdict.reasons, warnings: found.warnings }
  const isOther = inForce !== undefined && inForce.fingerprint256 !== verdict.facts.fingerprint256
  const reasons = isOther ? [...(server?.refused ?? [])] : []
  const missed = verdict.uncovered.map((name) => uncoveredWords(name, verdict.facts)).filter((words) => !reasons.includes(words))
  const waits = isOther && reasons.length === 0 ? ['the server has not taken it up yet: parley reload'] : []
  const warnings = [...found.warnings, ...verdict.warnings, ...missed, ...waits]
  return { ...about, ok: reasons.length === 0 && !hasExpired, onDisk, reasons, warnings }
}

export const show = (facts: PairFacts, now: number): ShownPair => {
  const { subject, names, issuer, notBefore, notAfter, fingerprint256 } = facts
  const source = facts.isDevelopment ? 'development' : 'operator'
  return { subject, names, issuer, notBefore, notAfter, daysLeft: daysLeft(facts, now), fingerprint256, source }
}
