import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Result } from '../report.ts'
import { checklist, idsOf, rows } from './checklist.ts'

const root = resolve(import.meta.dirname, '../..')

export type Verdict = 'verified' | 'failed' | 'not verified'
/** A row of the check list after a run. */
export interface Proof {
  id: string
  promise: string
  asvs: string[]
  verdict: Verdict
  tests: Result[]
  /** What docs/security.md says of what is not covered. */
  words: string
}

/** What a run proved of each row. A row without a test has to say why; one that does not is "failed". */
export function prove(results: readonly Result[], page = rows()): Proof[] {
  return checklist.map((row) => {
    const tests = results.filter(({ title }) => idsOf(title).includes(row.id))
    const words = page.find(({ id }) => id === row.id)?.words ?? ''
    const isBare = tests.length === 0 && words === ''
    const verdict = isBare || tests.some(({ passed }) => !passed) ? 'failed' : tests.length > 0 ? 'verified' : 'not verified'
    return { ...row, verdict, tests, words: isBare ? 'neither a test nor a reason' : words }
  })
}

const worst = (verdicts: Verdict[]): Verdict =>
  verdicts.includes('failed') ? 'failed' : verdicts.includes('not verified') ? 'not verified' : 'verified'
const told = ({ file, title, passed }: Result) => ({ file, title, result: passed ? 'passed' : 'failed' })

/** One entry for each requirement of ASVS that the check list is about: "verified" only if all its rows are. */
export function requirements(proofs: readonly Proof[]) {
  const ids = [...new Set(proofs.flatMap(({ asvs }) => asvs))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return ids.map((id) => {
    const about = proofs.filter(({ asvs }) => asvs.includes(id))
    const reasons = about.filter(({ words }) => words !== '').map((row) => `${row.id}: ${row.words}`)
    return {
      id,
      verdict: worst(about.map(({ verdict }) => verdict)),
      checklist: about.map((row) => row.id),
      tests: [...new Set(about.flatMap(({ tests }) => tests))].map(told),
      ...(reasons.length > 0 && { notCovered: reasons }),
    }
  })
}

/** Writes docs/evidence/asvs-5.0.json. */
export function writeEvidence(proofs: readonly Proof[]): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const evidence = {
    standard: 'OWASP ASVS 5.0',
    parley: version,
    ...commit(),
    node: process.version,
    date: new Date().toISOString(),
    requirements: requirements(proofs),
    checklist: proofs.map(({ id, promise, asvs, verdict, tests, words }) => ({
      ...{ id, promise, asvs, verdict },
      // Those of the others stand with their requirements.
      ...(asvs.length === 0 && { tests: tests.map(told) }),
      ...(words !== '' && { notCovered: words }),
    })),
  }
  mkdirSync(join(root, 'docs/evidence'), { recursive: true })
  writeFileSync(join(root, 'docs/evidence/asvs-5.0.json'), `${JSON.stringify(evidence, null, 2)}\n`)
  return 'docs/evidence/asvs-5.0.json'
}

/** Which source it was; nothing in a folder that is no checkout. */
function commit(): { commit?: string; changed?: boolean } {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { commit: git('rev-parse', 'HEAD'), changed: git('status', '--porcelain', '--', ':!docs/evidence') !== '' }
  } catch {
    return {}
  }
}

/** A line for each family of the check list. */
export function table(proofs: readonly Proof[]): string {
  const families = Map.groupBy(proofs, ({ id }) => id.replace(/-\d+$/, ''))
  const line = (...cells: (string | number)[]) => cells.map((cell, i) => (i === 0 ? `${cell}`.padEnd(8) : `${cell}`.padStart(13))).join('')
  const count = (of: readonly Proof[]) => [
    of.length,
    ...(['verified', 'not verified', 'failed'] as const).map((kind) => of.filter(({ verdict }) => verdict === kind).length),
  ]
  return [
    line('', 'rows', 'verified', 'with reason', 'failing'),
    ...[...families].map(([family, of]) => line(family, ...count(of))),
    line('all', ...count(proofs)),
    ...proofs.filter(({ verdict }) => verdict === 'not verified').map(({ id, words }) => `  ${id} is not verified: ${words}`),
    ...proofs.filter(({ verdict }) => verdict === 'failed').map(({ id, tests, words }) => `✖ ${id} ${why(tests) ?? words}`),
  ].join('\n')
}

const why = (tests: readonly Result[]) => tests.find(({ passed }) => !passed)?.title
