import { relative, resolve, sep } from 'node:path'
import type { EventData, TestsStream } from 'node:test'
import { inspect } from 'node:util'

const write = (line: string) => process.stdout.write(`${line}\n`)
const root = resolve(import.meta.dirname, '..')
const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

export interface Tally {
  tests: number
  suites: number
  passed: number
  failed: number
  cancelled: number
  skipped: number
  todo: number
}

/** A test that ran. */
export interface Result {
  /** From the root of Parley. */
  file: string
  title: string
  passed: boolean
}

/** What is left of a run. */
export interface Outcome {
  tally: Tally
  failures: string[]
  results: Result[]
}

const empty: Tally = { tests: 0, suites: 0, passed: 0, failed: 0, cancelled: 0, skipped: 0, todo: 0 }

/** Follows a run: a line for each file, every failure in full when it happens, with the seed that it had; last the coverage of each room. */
export async function follow(stream: TestsStream): Promise<Outcome> {
  const failures: string[] = []
  const results: Result[] = []
  const broken = new Set<string>()
  const empties: string[] = []
  const files = new Map<string, { passed: number; failed: number; said: string }>()
  const of = (file = '') => files.getOrInsertComputed(file, () => ({ passed: 0, failed: 0, said: '' }))
  let tally = empty

  const told = (file: string | undefined, title: string, passed: boolean) =>
    void results.push({ file: relative(root, file ?? ''), title, passed })

  stream.on('test:pass', ({ file, name, details, skip, todo }) => {
    if (name === file) return void empties.push(file)
    if (details.type === 'suite') return
    of(file).passed += 1
    if (skip === undefined && todo === undefined) told(file, name, true)
  })
  stream.on('test:fail', (fail) => {
    if (fail.details.type === 'suite' && fail.details.error.cause === undefined) return
    of(fail.file).failed += 1
    told(fail.file, fail.name, false)
    broken.add(place(fail))
    const name = fail.name === fail.file ? 'the file itself' : fail.name
    failures.push(`${place(fail)} ${name}`)
    write(`✖ ${place(fail)} ${name}\n${indented(fail.name === fail.file ? of(fail.file).said.trimEnd() || reason(fail) : reason(fail))}`)
  })
  // What a test says about itself comes after its verdict; the seed of one that failed plays it again.
  stream.on('test:diagnostic', (said) => {
    if (said.line !== undefined && broken.has(place(said))) write(indented(said.message))
  })
  for (const channel of ['test:stdout', 'test:stderr'] as const) {
    stream.on(channel, ({ file, message }) => {
      const heard = of(file)
      heard.said = (heard.said + message).slice(-8_192)
    })
  }
  stream.on('test:summary', ({ file, counts, duration_ms }) => {
    if (file === undefined) {
      const failed = counts.tests - counts.passed - counts.cancelled - counts.skipped - counts.todo
      tally = { ...counts, failed }
      return
    }
    const { passed, failed, said } = of(file)
    write(
      `${failed > 0 ? '✖' : '✔'} ${relative(root, file)}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ''}, ${seconds(duration_ms)}`,
    )
    if (failed > 0 && said !== '') write(indented(`what it said last:\n${said.trimEnd()}`))
  })
  let coverage: EventData.TestCoverage['summary'] | undefined
  stream.on('test:coverage', ({ summary }) => {
    coverage = summary
  })
  for await (const _ of stream) {
    // Only reading it to the end makes it run.
  }
  if (coverage && coverage.files.length > 0) writeCoverage(coverage)
  // Node counts a file in which nothing is tested as one that passed.
  for (const file of empties) failures.push(`${place({ file })} holds no test`)
  return { tally: { ...tally, passed: tally.passed - empties.length, failed: tally.failed + empties.length }, failures, results }
}

const place = ({ file, line }: { file?: string | undefined; line?: number | undefined }) =>
  `${file ? relative(root, file) : '?'}:${line ?? 1}`
/** Indented, and no line longer than anyone reads. */
const indented = (text: string) => text.replace(/^(.{0,600}).*$/gm, '    $1')

function reason({ details }: EventData.TestFail): string {
  const { error } = details
  const cause = error.cause instanceof Error ? error.cause : error
  // The frames of Node and of its runner say nothing about what is wrong.
  const told = inspect(cause, { colors: false, depth: 6 })
    .replace(/^\s+at .*\(?node:.*\)?(?=\n| \{|$)/gm, '')
    .replace(/\n{2,}/g, '\n')
  return told.replaceAll(`file://${root}${sep}`, '').replaceAll(root + sep, '')
}

/** Lines of src that ran, by room; the files with the most lines that never did are named. */
function writeCoverage({ files, totals }: EventData.TestCoverage['summary']): void {
  const rooms = Map.groupBy(files, ({ path }) => relative(root, path).split(sep).slice(0, 2).join('/'))
  write('\nlines of src that ran')
  for (const [room, inside] of [...rooms].sort(([a], [b]) => a.localeCompare(b))) {
    const [all, covered] = [sum(inside, 'totalLineCount'), sum(inside, 'coveredLineCount')]
    write(`  ${room.padEnd(20)} ${percent(covered, all)}`)
  }
  write(
    `  ${'all'.padEnd(20)} ${percent(totals.coveredLineCount, totals.totalLineCount)}, branches ${totals.coveredBranchPercent.toFixed(1)} %`,
  )
  const least = files.map((file) => ({ file, missed: file.totalLineCount - file.coveredLineCount })).sort((a, b) => b.missed - a.missed)
  for (const { file, missed } of least.slice(0, 5)) if (missed > 0) write(`  ${missed} lines of ${relative(root, file.path)} did not`)
  write('')
}

const sum = <K extends string>(items: readonly Record<K, number>[], key: K): number => items.reduce((total, item) => total + item[key], 0)
const percent = (part: number, all: number) => `${(all === 0 ? 100 : (part / all) * 100).toFixed(1).padStart(5)} %`

/** The last lines of all, as node's own runner writes them. */
export function writeTally({ tests, suites, passed, failed, cancelled, skipped, todo }: Tally, ms: number): void {
  const counts = { tests, suites, pass: passed, fail: failed, cancelled, skipped, todo, duration_ms: ms.toFixed(3) }
  for (const [name, value] of Object.entries(counts)) write(`ℹ ${name} ${value}`)
}
