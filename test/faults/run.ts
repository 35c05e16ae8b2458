import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePrograms, forgetSettings } from '../setup.ts'
import type { Deployment } from './deployment.ts'
import { kinds, possible } from './kinds.ts'
import { keep, kept } from './ledger.ts'
import { type Plan, playRound, type Round, shuffled } from './round.ts'
import { deployments, startDeployment } from './start.ts'
import { tableOf } from './tally.ts'

/*
 * `npm run test:faults` does bad things to a Parley while people talk, and has what they saw judged by a process that shares no code
 * with the server. See --help. Verdicts make it exit 1, and say which seed plays their round again.
 */

const help = `Does bad things to a Parley while people talk, and judges what they saw.

npm run test:faults                                  a thousand faults, ten million acknowledged messages
npm run test:faults -- --faults 50 --acks 500000     fewer
npm run test:faults -- --seed 7 --faults 20          the round with that seed again
npm run test:faults -- --only kill,cut               these
npm run test:faults -- --deployment cluster --for 20m --into faults.jsonl
npm run test:faults -- --sum faults.jsonl            what all runs into that file came to

  --faults N       how many happen (1000)
  --acks N         how many messages are acknowledged, all in all (10000000)
  --for TIME       begins no further round after 90s, 20m or 3h
  --seed N         of the first round; each round adds one. Its faults and what they choose follow it, moments do not
  --only A,B       of the faults below
  --round N        faults of one round, after which everything is judged (20)
  --deployment X   ${Object.entries(deployments)
    .map(([name, words]) => `${name}: ${words}`)
    .join('; ')} (sqlite). --store postgres is --deployment cluster
  --into FILE      each round is added there, with its seed and everything that was found: runs in pieces add up
  --sum FILE       says what they came to, and does nothing else

faults
${Object.entries(kinds)
  .map(([name, { words, on }]) => `  ${name.padEnd(21)}${words}${on === undefined ? '' : ` (${on})`}`)
  .join('\n')}`

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1000' },
    acks: { type: 'string', default: '10000000' },
    for: { type: 'string' },
    seed: { type: 'string', default: `${randomInt(1_000_000)}` },
    only: { type: 'string' },
    round: { type: 'string', default: '20' },
    deployment: { type: 'string', default: 'sqlite' },
    store: { type: 'string' },
    into: { type: 'string' },
    sum: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
})
const print = (words: string) => process.stdout.write(`${words}\n`)
const say = (words: string) => process.stderr.write(`faults: ${words}\n`)

function refuse(words: string): never {
  say(`${words} See npm run test:faults -- --help.`)
  process.exit(2)
}

function number(name: 'faults' | 'acks' | 'seed' | 'round'): number {
  const n = Number(values[name])
  return Number.isSafeInteger(n) && n >= 0 ? n : refuse(`--${name} wants a whole number.`)
}

/** ms. */
function timeLimit(): number {
  if (values.for === undefined) return Number.POSITIVE_INFINITY
  const [, n, unit] = /^(\d+)([smh])$/.exec(values.for) ?? refuse('--for wants a time: 90s, 20m, 3h.')
  return Number(n) * { s: 1000, m: 60_000, h: 3_600_000 }[unit as 's' | 'm' | 'h']
}

function deploymentKind(): Deployment['kind'] {
  const stores: Record<string, string> = { postgres: 'cluster', sqlite: 'sqlite' }
  const name = values.store === undefined ? values.deployment : stores[values.store]
  if (name === 'sqlite' || name === 'cluster') return name
  return refuse('There is no such deployment.')
}

const failed = (round: Round) => round.report.verdicts.length > 0

/** Nothing, where it could not even be begun or judged. */
async function play(kind: Deployment['kind'], plan: Plan): Promise<Round | undefined> {
  const deployment = await startDeployment(kind, plan.faults.length + 1)
  try {
    const round = await playRound(deployment, plan, say)
    for (const { kind: what, words } of round.report.verdicts)
      print(`✖ ${what}: ${words} (--seed ${plan.seed} --faults ${plan.faults.length})`)
    if (values.into !== undefined) keep(values.into, { ...round, deployment: kind, at: new Date().toISOString() })
    return round
  } catch (error) {
    print(`✖ the round could not be played: ${error instanceof Error ? error.message : error}`)
    process.exitCode = 1
    return undefined
  } finally {
    await deployment.close()
  }
}

async function run(): Promise<void> {
  const [faults, acks, first, size] = [number('faults'), number('acks'), number('seed'), Math.max(1, number('round'))]
  const [kind, end] = [deploymentKind(), performance.now() + timeLimit()]
  const { names, left } = possible(kind, values.only?.split(','))
  for (const [name, why] of left) say(`${name} is left out: ${why}`)
  if (names.length === 0) refuse('No fault is left.')
  const rounds: Round[] = []
  for (let at = 0; at < faults && performance.now() < end; at += size) {
    const [seed, count] = [first + at / size, Math.min(size, faults - at)]
    const plan = { seed, faults: shuffled(names, count, seed), stride: Math.ceil(acks / (faults + faults / size)) }
    say(`round ${at / size + 1} of ${Math.ceil(faults / size)}, seed ${plan.seed}: ${plan.faults.join(' ')}`)
    const round = await play(kind, plan)
    if (round) rounds.push(round)
  }
  print(`\n${tableOf(rounds)}\n\nseed ${first}`)
  if (rounds.some(failed)) process.exitCode = 1
}

function sum(file: string): void {
  const entries = kept(file)
  for (const [kind, rounds] of Map.groupBy(entries, ({ deployment }) => deployment)) {
    const seeds = rounds.map(({ plan }) => plan.seed).join(' ')
    print(`${deployments[kind]}\n\n${tableOf(rounds)}\n\nseeds ${seeds}\n`)
  }
  if (entries.some(failed)) process.exitCode = 1
}

// What was started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
process.chdir(resolve(import.meta.dirname, '../..'))
if (values.help) print(help)
else if (values.sum !== undefined) sum(values.sum)
else {
  forgetSettings()
  ensurePrograms(say)
  await run()
}
