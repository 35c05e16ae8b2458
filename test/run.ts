import { spawnSync } from 'node:child_process'
import { existsSync, globSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { run } from 'node:test'
import { follow, writeTally } from './report.ts'
import { ensurePrograms, forgetSettings, keepCompiled } from './setup.ts'

/*
 * `npm test` checks everything: types, style, the page, then every test. `npm test -- test/tls` runs the tests of one folder or file;
 * `npm test -- --coverage`, of all or of these, says which lines of src ran besides, and takes a fifth longer. What lies in a folder
 * called long runs only when it is named; test/security has a command of its own.
 */

/** ms for one test: a guard against what hangs, never a measure. test/guard.ts watches over whole files. */
const guard = 180_000
const root = resolve(import.meta.dirname, '..')
const began = performance.now()
const say = (words: string) => process.stderr.write(`test: ${words}\n`)
const failures: string[] = []
let checks = 0

process.chdir(root)
forgetSettings()

function check(name: string, ...command: string[]): void {
  const [program = '', ...args] = command
  const since = performance.now()
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', maxBuffer: 64 * 1_048_576 })
  checks += 1
  if (status === 0) return void process.stdout.write(`✔ ${name}: ${((performance.now() - since) / 1000).toFixed(1)} s\n`)
  failures.push(name)
  process.stdout.write(`✖ ${name}\n${`${stdout}${stderr}`.trimEnd().replace(/^/gm, '    ')}\n`)
}

function filesOf(asked: string[]): string[] {
  const inside = (folder: string) => globSync(`${folder}/**/*.test.{ts,tsx}`)
  const chosen =
    asked.length === 0
      ? inside('test').filter((file) => !/\/(long|security)\//.test(file))
      : asked.flatMap((one) => (existsSync(one) ? [one] : []))
  return chosen
    .flatMap((one) => (statSync(one).isDirectory() ? inside(one) : [one]))
    .map((file) => resolve(file))
    .sort()
}

const given = process.argv.slice(2)
const coverage = given.includes('--coverage')
const asked = given.filter((one) => one !== '--coverage')
const files = filesOf(asked)
for (const one of asked) if (!existsSync(one)) failures.push(`there is no ${one}`)
ensurePrograms(say)
// What comes out of a cache is counted less exactly.
if (!coverage) keepCompiled(root)
if (asked.length === 0) {
  check('types', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', '.')
  check('types of the page', 'node_modules/typescript/bin/tsc', '--noEmit', '-p', 'src/web')
  check('style', 'node_modules/@biomejs/biome/bin/biome', 'check', '--config-path=test/biome.json', '--max-diagnostics=50', 'src', 'test')
}
check('the page is built', 'src/launch.cjs', '--page')

// One for all, when there are several.
const chromium =
  files.filter((file) => file.includes('/browser/')).length > 1 ? await (await import('./support/chromium.ts')).share() : undefined
const stream = run({
  files,
  concurrency: 2,
  timeout: guard,
  coverage,
  coverageIncludeGlobs: ['src/**'],
  execArgv: ['--import', import.meta.resolve('./guard.ts')],
})
const { tally, failures: failed } = await follow(stream)
failures.push(...failed)
await chromium?.close()
if (tally.tests === 0) failures.push('no test ran')
for (const failure of failures) process.stdout.write(`✖ ${failure}\n`)

const wrong = failures.length - failed.length
writeTally(
  { ...tally, tests: tally.tests + checks, passed: tally.passed + checks - wrong, failed: tally.failed + wrong },
  performance.now() - began,
)
process.exitCode = failures.length > 0 || tally.failed + tally.cancelled > 0 ? 1 : 0
