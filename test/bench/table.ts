import type { Figures } from '../../src/bench/task.ts'
import type { Headline } from './plans.ts'
import type { SubjectName } from './subjects.ts'

/** What came of one scenario: a list of figures for each subject, one a round. */
export interface Results {
  name: string
  words: string
  headline: Headline
  figures: Partial<Record<SubjectName, Figures[]>>
}

/** Bare `ws`, or where it does not take part whoever is first. */
const baselineOf = ({ figures }: Results): SubjectName => ('ws' in figures ? 'ws' : (Object.keys(figures)[0] as SubjectName))

export function median(all: number[]): number {
  const sorted = all.filter((one) => !Number.isNaN(one)).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** The ratio to bare `ws` (or the first subject) of the same round: median, least and most. What the hour does to a machine it does to both. */
export function ratios(
  results: Results,
  subject: SubjectName,
  figure = results.headline.figure,
): { mid: number; least: number; most: number } {
  const { figures } = results
  const theirs = figures[baselineOf(results)] ?? []
  const all = (figures[subject] ?? []).map((mine, i) => (mine[figure] ?? Number.NaN) / (theirs[i]?.[figure] ?? Number.NaN))
  return { mid: median(all), least: Math.min(...all), most: Math.max(...all) }
}

const columns: [name: string, figure: string, digits: number, scale?: number][] = [
  ['in flight', 'inFlight', 0],
  ['p50 ms', 'p50', 1],
  ['p99 ms', 'p99', 1],
  ['p99 ms before', 'p99Before', 1],
  ['close p50 ms', 'closeP50', 1],
  ['close p99 ms', 'closeP99', 1],
  ['welcome p50 ms', 'welcomeP50', 2],
  ['open p50 ms', 'openP50', 2],
  ['page p50 ms', 'pageP50', 2],
  ['post p50 ms', 'postP50', 2],
  ['sign-in p50 ms', 'signInP50', 0],
  ['sign-in p99 ms', 'signInP99', 0],
  ['slowest sign-in ms', 'signInMax', 0],
  ['heap grown KB', 'heapGrown', 0, 1 / 1000],
  ['loop p99 ms', 'loopP99', 1],
  ['loop max ms', 'loopMax', 1],
  ['turn CPU p99 ms', 'turnCpuP99', 1],
  ['turn CPU max ms', 'turnCpuMax', 1],
  ['CPU', 'cpu', 2],
  ['µs/delivery', 'microsPerDelivery', 2],
  ['KB/connection', 'memoryPerConnection', 1, 1 / 1000],
  ['memory MB', 'memory', 0, 1e-6],
  ['load CPU', 'ownCpu', 2],
]
const wrongs = ['missing', 'doubled', 'outOfOrder', 'refused', 'lost', 'heardAfter']

/** A table in Markdown, medians of the rounds; a run in which a message went wrong says so. */
export function tableOf(results: Results): string {
  const { name, words, headline, figures } = results
  const subjects = Object.entries(figures) as [SubjectName, Figures[]][]
  const shown = columns.filter(([, figure]) => subjects.some(([, list]) => list.some((one) => figure in one)))
  const delivers = subjects.some(([, list]) => list.some((one) => 'microsPerDelivery' in one))
  const head = [
    '',
    headline.unit,
    `to ${baselineOf(results)}`,
    ...(delivers ? ['CPU to it'] : []),
    ...shown.map(([title]) => title),
    'wrong',
  ]
  const rows = subjects.map(([subject, list]) => {
    const of = (figure: string, scale = 1) => median(list.map((one) => one[figure] ?? Number.NaN)) * scale
    const { mid, least, most } = ratios(results, subject)
    const wrong = wrongs
      .map((kind) => [kind, list.reduce((sum, one) => sum + (one[kind] ?? 0), 0)] as const)
      .filter(([, count]) => count > 0)
    return [
      subject,
      headlineOf(of(headline.figure)),
      Number.isNaN(mid) ? '–' : `×${mid.toFixed(2)} (${least.toFixed(2)}–${most.toFixed(2)})`,
      ...(delivers ? [`×${show(ratios(results, subject, 'microsPerDelivery').mid, 2)}`] : []),
      ...shown.map(([, figure, digits, scale]) => show(of(figure, scale), digits)),
      wrong.length === 0 ? '0' : wrong.map(([kind, count]) => `${count} ${kind}`).join(', '),
    ]
  })
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `\n### ${name}: ${words}\n\n${lines.join('\n')}\n`
}

/** Three digits at least. */
export const headlineOf = (value: number) => value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })
const show = (value: number, digits: number) => (Number.isNaN(value) ? '–' : value.toFixed(digits))
