import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { endsWithUs } from '../support/offspring.ts'

const root = resolve(import.meta.dirname, '../..')

/** Stands for src/main.ts: tells what it was given, and on `serve` what happens to it. */
const program = `
const args: string[] = process.argv.slice(2)
const say = (word: string) => process.stdout.write(word + '\\n')
if (args[0] === 'serve') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {
    say(signal)
    if (signal !== 'SIGHUP') setTimeout(() => process.exit(7), 500)
  })
  setInterval(() => {}, 1000)
  say('ready ' + process.pid)
} else if (args[0] === 'die') process.kill(process.pid, 'SIGKILL')
else {
  say(JSON.stringify({ args, node: process.argv0, cwd: process.cwd() }))
  process.exitCode = Number(args[1] ?? 0)
}
`

const lock = {
  name: 'parley',
  version: '0.1.0',
  lockfileVersion: 3,
  requires: true,
  packages: {
    '': { name: 'parley', version: '0.1.0', dependencies: { pack: 'file:pack' } },
    'node_modules/pack': { resolved: 'pack', link: true },
    pack: { version: '1.0.0' },
  },
}

/** A checkout of Parley as a new user has it: the real launcher and scripts, one package that needs no network, a stand-in for the rest. */
export function checkout(t: TestContext): string {
  const tree = mkdtempSync(join(tmpdir(), 'parley-launch-'))
  t.after(() => rmSync(tree, { recursive: true, force: true }))
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  mkdirSync(join(tree, 'src'))
  mkdirSync(join(tree, 'pack'))
  for (const name of ['launch', 'launch.cjs']) cpSync(join(root, 'src', name), join(tree, 'src', name), { recursive: true })
  write(tree, 'src/main.ts', program)
  write(tree, 'pack/package.json', '{"name":"pack","version":"1.0.0"}')
  write(
    tree,
    'package.json',
    JSON.stringify({ name: 'parley', version: '0.1.0', type: 'module', scripts, dependencies: { pack: 'file:pack' } }),
  )
  write(tree, 'package-lock.json', JSON.stringify(lock))
  return tree
}

let template: Promise<string> | undefined

/** The same after its first start. It is made once for a file of tests, and copied. */
export async function installed(t: TestContext): Promise<string> {
  template ??= (async () => {
    const made = mkdtempSync(join(tmpdir(), 'parley-installed-'))
    process.once('exit', () => rmSync(made, { recursive: true, force: true }))
    cpSync(checkout(t), made, { recursive: true })
    const { code, err } = await launch(t, made, ['hello'])
    if (code !== 0) throw new Error(err)
    return made
  })()
  const tree = mkdtempSync(join(tmpdir(), 'parley-launch-'))
  t.after(() => rmSync(tree, { recursive: true, force: true }))
  cpSync(await template, tree, { recursive: true, verbatimSymlinks: true })
  return tree
}

export function write(tree: string, file: string, content: string): void {
  mkdirSync(dirname(join(tree, file)), { recursive: true })
  writeFileSync(join(tree, file), content)
}

/** Makes the Node that runs the launcher look like another one, to the launcher. */
export function disguise(tree: string, as: { version?: string; execve?: false }): string[] {
  const lines = [
    as.version && `Object.defineProperty(process, 'version', { value: '${as.version}' })`,
    as.execve === false && 'delete process.execve',
  ]
  write(tree, 'disguise.cjs', lines.filter(Boolean).join('\n'))
  return ['--require', join(tree, 'disguise.cjs')]
}

/** The Node that our packages bring along: here the one that runs the tests, under its other name. */
export function pinnedNode(tree: string): string {
  const file = join(tree, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node')
  mkdirSync(dirname(file), { recursive: true })
  symlinkSync(process.execPath, file)
  return file
}

/** A vite that only notes that it was called. */
export function pretendVite(tree: string): void {
  const script = `require('fs').mkdirSync('${tree}/src/web/dist', { recursive: true }); require('fs').appendFileSync('${tree}/built', 'x'); console.log('vite speaks')`
  write(tree, 'node_modules/vite/vite.cjs', script)
  mkdirSync(join(tree, 'node_modules/.bin'), { recursive: true })
  symlinkSync('../vite/vite.cjs', join(tree, 'node_modules/.bin/vite'))
  chmodSync(join(tree, 'node_modules/vite/vite.cjs'), 0o755)
  write(tree, 'src/web/vite.config.ts', '// one')
}

const clean = () => Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_|PARLEY)/i.test(name)))

export interface Launched {
  child: ChildProcess
  /** Resolves with the next line of its stdout. */
  line: () => Promise<string>
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; err: string }>
}

/** Starts a command in the tree and listens to it. Whatever the test leaves running is ended with it. */
export function start(t: TestContext, tree: string, command: string, args: string[], cwd = tree): Launched {
  const child = endsWithUs(spawn(command, args, { cwd, env: clean(), stdio: ['ignore', 'pipe', 'pipe'] }))
  const lines = child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })
  let rest = ''
  const err = text(child.stderr)
  t.after(() => child.kill('SIGKILL'))
  return {
    child,
    async line() {
      while (!rest.includes('\n')) {
        const { value, done } = await lines.next()
        if (done) throw new Error(`it has ended; it said: ${rest}\n${await err}`)
        rest += value
      }
      const [first = '', ...more] = rest.split('\n')
      rest = more.join('\n')
      return first
    },
    ended: Promise.all([once(child, 'exit'), err]).then(([[code, signal], said]) => ({ code, signal, err: said })),
  }
}

/** Runs the launcher to its end. */
export async function launch(t: TestContext, tree: string, args: string[], node: string[] = [], cwd = tree) {
  const { child, ended } = start(t, tree, process.execPath, [...node, join(tree, 'src/launch.cjs'), ...args], cwd)
  const [out, rest] = await Promise.all([child.stdout ? text(child.stdout) : '', ended])
  return { out, ...rest }
}
