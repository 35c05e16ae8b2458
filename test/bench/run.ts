import { rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Task } from '../../src/bench/task.ts'
import { makeDevelopmentPair } from '../../src/tls/development-ca.ts'
import { chartOf } from './chart.ts'
import { everyday, families, type Plan, plans } from './plans.ts'
import { playRound } from './round.ts'
import { type Seeded, seed } from './seed.ts'
import { isXmpp, type SubjectName, subjectNames, usual } from './subjects.ts'
import { type Results, tableOf } from './table.ts'
import { install } from './xmpp.ts'

/*
 * `npm run bench` measures Parley beside its peers: same machine, same run, same TLS, same texts, rounds in turn. See --help.
 */

const require = createRequire(import.meta.url)
const help = `Measures Parley beside its peers, in turns, and prints medians.

npm run bench                          every scenario but those of growth, which takes about an hour and a half
npm run bench -- grow-history          one thing at several sizes: ${Object.keys(families).join(', ')}
npm run bench -- fan-out-64 posts-20   these
npm run bench -- many-rooms --subjects parley --profile profile

  --rounds N        rounds of each subject (5)
  --measure SECONDS measured time of a round (5)
  --subjects A,B    of ${subjectNames.join(', ')} (without the last two)
  --install         installs ejabberd and prosody when they are asked for (Debian, as root)
  --beside FOLDER   a Parley in another folder takes part as "beside", to see what a change brings
  --json FILE       writes every figure of every round
  --chart FILE      writes a chart (SVG) of the ratios to bare ws
  --profile FOLDER  writes profiles of the CPU of Parley (the figures are then worth less)

scenarios
${Object.entries(plans)
  .map(([name, { words }]) => `  ${name.padEnd(17)} ${words}`)
  .join('\n')}`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    measure: { type: 'string', default: '5' },
    subjects: { type: 'string', default: usual.join(',') },
    beside: { type: 'string' },
    install: { type: 'boolean', default: false },
    json: { type: 'string' },
    chart: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const print = (words: string) => process.stdout.write(`${words}\n`)
const say = (words: string) => process.stderr.write(`bench: ${words}\n`)

function fail(words: string): never {
  say(`${words} See npm run bench -- --help.`)
  process.exit(2)
}

/** ms: until code that is used much has been compiled for it. */
const warm = 3000
const rounds = Number(values.rounds)
const measure = Number(values.measure) * 1000
if (!(rounds >= 1) || !(measure >= 100)) fail('--rounds and --measure want a number.')
const asked = values.subjects.split(',') as SubjectName[]
for (const name of asked) if (!subjectNames.includes(name)) fail(`There is no subject "${name}".`)
if (values.beside !== undefined) asked.push('beside')
const names = positionals.length > 0 ? positionals.flatMap((name) => families[name] ?? name) : everyday
for (const name of names) if (!(name in plans)) fail(`There is no scenario "${name}".`)

if (values.help) print(help)
else await bench()

async function bench(): Promise<void> {
  const pair = await makeDevelopmentPair(Date.now())
  const common = { pair, beside: values.beside && resolve(values.beside) }
  /** Posts a second. */
  async function halfOf(scenario: string, subject: SubjectName, seeded: Seeded): Promise<number> {
    const task = (plans[scenario] as Plan).task(seeded, { warm, measure: Math.min(3000, measure) })
    const { posts = 0 } = await playRound({ ...common, subject, task, seeded, progress: () => undefined })
    const perSecond = posts / (Math.min(3000, measure) / 1000) / 2
    say(`${subject} is asked for ${Math.round(perSecond)} posts a second`)
    return perSecond
  }
  if (values.install) for (const name of asked) if (isXmpp(name)) install(name)
  const results: Results[] = []
  print(machine())
  for (const name of names) {
    const plan = plans[name] as Plan
    const subjects = asked.filter((one) => plan.subjects?.includes(one === 'beside' ? 'parley' : one) ?? true)
    if (subjects.length === 0) continue
    say(`${name}: ${plan.words}`)
    const prepare = () => seed({ ...plan, perAccount: plan.perAccount ?? 1, pair })
    let seeded = await prepare()
    const times = { warm, measure }
    const tasks = new Map<SubjectName, Task>()
    const figures: Results['figures'] = {}
    try {
      for (const subject of subjects) {
        const perSecond = plan.halfOf === undefined ? {} : { perSecond: await halfOf(plan.halfOf, subject, seeded) }
        tasks.set(subject, plan.task(seeded, { ...times, ...perSecond }))
      }
      for (let round = 1; round <= rounds; round++) {
        for (const subject of subjects) {
          if (plan.usesUp && figures[subject]) {
            rmSync(seeded.folder, { recursive: true, force: true })
            seeded = await prepare()
            tasks.set(subject, plan.task(seeded, times))
          }
          const progress = (words: string) => say(`${name} ${round}/${rounds} ${subject}: ${words}`)
          const figure = await playRound({
            ...{ ...common, subject, task: tasks.get(subject) as Task, seeded, progress },
            ...{ profile: values.profile, collect: plan.collect ?? false, lookEvery: plan.lookEvery ?? 1 },
          })
          const list = figures[subject] ?? []
          figures[subject] = [...list, figure]
          say(`${name} ${round}/${rounds} ${subject}: ${Math.round(figure[plan.headline.figure] ?? Number.NaN)} ${plan.headline.unit}`)
        }
      }
    } catch (error) {
      say(`${name} could not be measured: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
      continue
    } finally {
      rmSync(seeded.folder, { recursive: true, force: true })
    }
    results.push({ name, words: plan.words, headline: plan.headline, figures })
    print(tableOf(results.at(-1) as Results))
    if (values.chart) writeFileSync(values.chart, chartOf(results))
    if (values.json)
      writeFileSync(values.json, `${JSON.stringify({ on: new Date().toISOString(), machine: machine(), results }, undefined, 2)}\n`)
  }
}

/** What the figures were taken on. */
function machine(): string {
  const versions = ['ws', 'socket.io'].map((name) => `${name} ${(require(`${name}/package.json`) as { version: string }).version}`)
  const [cpu] = cpus()
  return [
    `${availableParallelism()} cores (${cpu?.model.trim()}), ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}, Node ${process.version}, ${versions.join(', ')}`,
    `Servers on one core, the load on another; TLS 1.3 with P-256; ${rounds} rounds in turn of ${measure / 1000} s; medians, and of ratios the least and most.`,
    'Parley stores (fsync before each acknowledgement), checks who may and counts limits; the others do none of that.',
  ].join('\n')
}
