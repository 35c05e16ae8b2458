import { randomInt } from 'node:crypto'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePrograms, forgetSettings } from '../setup.ts'
import { kinds, possible } from './kinds.ts'
import { playRound, type Round, shuffled } from './round.ts'
import { startSingle } from './single.ts'
import { tableOf } from './tally.ts'

/*
 * `npm run test:faults` does bad things to a Parley while people talk, and has what they saw judged by a process that shares no code
 * with the server. See --help. Verdicts make it exit 1, and say which seed plays their round again.
 */

const help = `Does bad things to a Parley while people talk, and judges what they saw.

npm run test:faults                                  a thousand faults, ten million acknowledged messages
npm run test:faults -- --faults 50 --acks 500000     fewer
npm run test:faults -- --only kill,cut --seed 7      these, and in this order again

  --faults N       how many happen (1000)
  --acks N         how many messages are acknowledged, all in all (10000000)
  --seed N         of the first round; each round adds one. The order of faults and what they choose follow it, moments do not
  --only A,B       of the faults below
  --round N        faults of one round, after which everything is judged (20)
  --deployment X   sqlite: one node

faults
${Object.entries(kinds)
  .map(([name, { words }]) => `  ${name.padEnd(18)} ${words}`)
  .join('\n')}`

const { values } = parseArgs({
  options: {
    faults: { type: 'string', default: '1000' },
    acks: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: `${randomInt(1_000_000)}` },
    only: { type: 'string' },
    round: { type: 'string', default: '20' },
    deployment: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', short: 'h' },
  },
})
const print = (words: string) => process.stdout.write(`${words}\n`)
const say = (words: string) => process.stderr.write(`faults: ${words}\n`)

function number(name: 'faults' | 'acks' | 'seed' | 'round'): number {
  const n = Number(values[name])
  if (Number.isSafeInteger(n) && n >= 0) return n
  say(`--${name} wants a whole number. See npm run test:faults -- --help.`)
  process.exit(2)
}

async function run(): Promise<void> {
  const [faults, acks, first, size] = [number('faults'), number('acks'), number('seed'), Math.max(1, number('round'))]
  if (values.deployment !== 'sqlite') throw new Error(`There is no deployment "${values.deployment}".`)
  const { names, left } = possible('sqlite', values.only?.split(','))
  for (const [name, why] of left) say(`${name} is left out: ${why}`)
  if (names.length === 0) throw new Error('No fault is left.')
  const order = shuffled(names, faults, first)
  const rounds: Round[] = []
  for (let at = 0; at < faults; at += size) {
    const plan = { seed: first + at / size, faults: order.slice(at, at + size), stride: Math.ceil(acks / (faults + faults / size)) }
    say(`round ${at / size + 1} of ${Math.ceil(faults / size)}, seed ${plan.seed}: ${plan.faults.join(' ')}`)
    const deployment = await startSingle({ doomed: size + 1 })
    try {
      const round = await playRound(deployment, plan, (words) => say(words))
      rounds.push(round)
      for (const { kind, words } of round.report.verdicts) print(`✖ ${kind}: ${words} (--seed ${first} --faults ${faults})`)
    } catch (error) {
      print(`✖ the round could not be played: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
    } finally {
      await deployment.close()
    }
  }
  print(`\n${tableOf(rounds)}\n\nseed ${first}`)
  if (rounds.some(({ report }) => report.verdicts.length > 0)) process.exitCode = 1
}

// What was started ends with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))
process.chdir(resolve(import.meta.dirname, '../..'))
if (values.help) print(help)
else {
  forgetSettings()
  ensurePrograms(say)
  await run()
}
