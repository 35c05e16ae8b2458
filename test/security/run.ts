import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { run } from 'node:test'
import { follow, type Outcome, type Tally, writeTally } from '../report.ts'
import { ensurePrograms, forgetSettings, keepCompiled, scanners } from '../setup.ts'
import { share } from '../support/chromium.ts'
import { idsIn, idsOf } from './checklist.ts'
import { prove, table, writeEvidence } from './evidence.ts'

/*
 * `npm run test:security` holds Parley against its check list (docs/security.md): every test whose title carries an id of it, ten
 * times over what is left to chance, then what is too heavy for `npm test`: scanners, floods, old versions with known faults. What
 * was proved goes to docs/evidence. `npm run test:security -- FILE …` runs these files alone, and writes nothing.
 */

/** How many times over what chance decides is done. */
const more = 10
/** ms for one file: a guard against what hangs so that test/guard.ts cannot end it. */
const guard = 300_000
const root = resolve(import.meta.dirname, '../..')
const say = (words: string) => process.stderr.write(`test: ${words}\n`)
const began = performance.now()

process.chdir(root)
forgetSettings()
keepCompiled(root)
ensurePrograms(say, scanners)
const page = spawnSync(process.execPath, ['src/launch.cjs', '--page'], { stdio: 'inherit' })
if (page.status !== 0) process.exit(1)

const asked = process.argv.slice(2)
for (const one of asked) if (!existsSync(one)) throw new Error(`there is no ${one}`)
const given = asked.map((one) => relative(root, resolve(one)))
const all = globSync('test/**/*.test.ts').sort()
const carrying = all.filter((file) => !/\/(long|security)\//.test(file) && idsIn(file).length > 0)
const wanted = (files: string[]) => (given.length === 0 ? files : files.filter((file) => given.some((one) => file.startsWith(one))))
const isByChance = (file: string) => /\boften\(/.test(readFileSync(file, 'utf8'))

interface Part {
  name: string
  files: string[]
  concurrency: number
  /** How many times over, and how many times as long. */
  times: number
}
const parts: Part[] = [
  { name: 'the promises', files: carrying.filter((file) => !isByChance(file)), concurrency: 2, times: 1 },
  { name: `chance, ${more} times over`, files: carrying.filter(isByChance), concurrency: 2, times: more },
  // One after the other: what one scanner takes for a fault must not be another's doing.
  { name: 'scanners, floods and old faults', files: all.filter((file) => file.startsWith('test/security/')), concurrency: 1, times: more },
]

async function play({ name, files, concurrency, times }: Part): Promise<Outcome | undefined> {
  const chosen = wanted(files)
  if (chosen.length === 0) return undefined
  say(`${name}: ${chosen.length} files …`)
  const over = Number(process.env.PARLEY_MORE ?? times)
  const patience = Math.max(1, over)
  const env = { ...process.env, PARLEY_MORE: `${over}`, PARLEY_PATIENCE: `${patience}` }
  const stream = run({
    files: chosen.map((file) => resolve(file)),
    concurrency,
    timeout: guard * patience,
    env,
    execArgv: ['--import', import.meta.resolve('../guard.ts')],
  })
  return follow(stream)
}

const chromium = await share()
const outcomes: Outcome[] = []
for (const part of parts) {
  const outcome = await play(part)
  if (outcome) outcomes.push(outcome)
}
await chromium.close()
const failures = outcomes.flatMap((outcome) => outcome.failures)
const results = outcomes.flatMap((outcome) => outcome.results)
// A test that never ran, since its file broke or left it out, proved nothing.
const silent = parts
  .flatMap(({ files }) => wanted(files))
  .flatMap((file) => [...new Set(idsIn(file))].map((id) => ({ file, title: `has not run (${id})`, passed: false, id })))
  .filter(({ file, id }) => !results.some((one) => one.file === file && idsOf(one.title).includes(id)))
const proofs = prove([...results, ...silent])
if (outcomes.length === 0) failures.push('no test ran')
for (const { file, id } of silent) failures.push(`${file} has no verdict on ${id}`)
if (given.length === 0) {
  process.stdout.write(`\n${table(proofs)}\nwritten to ${writeEvidence(proofs)}\n\n`)
  failures.push(...proofs.filter(({ verdict }) => verdict === 'failed').map(({ id }) => `${id} is not held`))
}
for (const failure of failures) process.stdout.write(`✖ ${failure}\n`)

const sum = (key: keyof Tally) => outcomes.reduce((total, { tally }) => total + tally[key], 0)
const keys: (keyof Tally)[] = ['tests', 'suites', 'passed', 'failed', 'cancelled', 'skipped', 'todo']
writeTally(Object.fromEntries(keys.map((key) => [key, sum(key)])) as Record<keyof Tally, number>, performance.now() - began)
process.exitCode = failures.length > 0 || sum('failed') + sum('cancelled') > 0 ? 1 : 0
