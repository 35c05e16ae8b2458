import { type VerdictKind, verdictKinds } from '../../src/check/seen.ts'
import type { Round } from './round.ts'

/** What all rounds came to: each kind of fault, how often, how much was acknowledged around it. */
export function tableOf(rounds: readonly Round[]): string {
  const played = rounds.flatMap((round) => round.played)
  const rows = [...Map.groupBy(played, ({ name }) => name)].sort(([a], [b]) => a.localeCompare(b))
  const sum = (list: readonly number[]) => list.reduce((total, one) => total + one, 0)
  const lines = rows.map(([name, all]) => {
    const times = all.map(({ ms }) => ms).sort((a, b) => a - b)
    return [name, all.length, sum(all.map(({ acknowledged }) => acknowledged)), times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0]
  })
  const total = ['all', played.length, sum(rounds.map(({ report }) => report.figures.acknowledged)), '', '']
  const head = ['fault', 'times', 'acknowledged', 'median ms', 'most ms']
  const found = Object.keys(verdictKinds).map((kind) => `${verdictsOf(rounds, kind as VerdictKind)} ${kind}`)
  const figures = rounds.map(({ report }) => report.figures)
  const seen = (['delivered', 'connections', 'endings', 'resets'] as const).map(
    (name) => `${count(sum(figures.map((one) => one[name])))} ${name}`,
  )
  return [...[head, ...lines, total].map(row), '', seen.join(', '), found.join(', ')].join('\n')
}

const verdictsOf = (rounds: readonly Round[], kind: VerdictKind): number =>
  rounds.reduce((total, { report }) => total + report.verdicts.filter((verdict) => verdict.kind === kind).length, 0)

const count = (n: number) => n.toLocaleString('en')
const row = ([name = '', ...cells]: (string | number)[]) =>
  `${String(name).padEnd(20)}${cells.map((cell) => (typeof cell === 'number' ? count(cell) : cell).padStart(14)).join('')}`
