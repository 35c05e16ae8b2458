import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { whereIs } from '../setup.ts'

/** What a scanner left behind. */
interface Left {
  code: number | null
  /** All that it said. */
  text: string
}

/**
 * Lets a scanner loose, for so many seconds at most, on this machine alone: an address of anywhere else among its arguments is a fault
 * of the test, and what it would fetch from elsewhere by itself goes to a proxy that does not exist.
 * @throws Error when it is not there, or does not come to an end.
 */
export async function scan(program: string, args: string[], { seconds, cwd }: { seconds: number; cwd: string }): Promise<Left> {
  for (const arg of args)
    for (const [, host = ''] of arg.matchAll(/\w+:\/\/([^/:]+)/g))
      assert.ok(['localhost', '127.0.0.1'].includes(host), `${arg} is elsewhere`)
  const file = whereIs(program)
  if (file === undefined) throw new Error(`${program} is not installed; \`npm run test:security\` sees to it`)
  const nowhere = 'http://127.0.0.1:9'
  const env = { PATH: process.env.PATH, HOME: cwd, TMPDIR: cwd, LANG: 'C.UTF-8', TERM: 'dumb' }
  const proxies = {
    http_proxy: nowhere,
    https_proxy: nowhere,
    HTTPS_PROXY: nowhere,
    no_proxy: 'localhost,127.0.0.1',
    NO_PROXY: 'localhost,127.0.0.1',
  }
  const child = spawn(file, args, { cwd, env: { ...env, ...proxies }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text = (text + String(chunk)).slice(-1_048_576)))
  let isLate = false
  // Its whole group: some are scripts that start others.
  const timer = setTimeout(() => {
    isLate = true
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  }, seconds * 1000)
  const [code] = (await once(child, 'close')) as [number | null]
  clearTimeout(timer)
  if (isLate) throw new Error(`${program} was not done after ${seconds} s; it said last: ${text.slice(-2000)}`)
  return { code, text }
}

/** What a scanner complains about: an id, and its words. */
export type Findings = Map<string, string>

type Reviewed = Record<string, Record<string, string>>

/**
 * Holds what a scanner found against test/security/reviewed.json, where each finding that was looked at stands with the reason why it
 * may stay. One that is not there is a fault; so is one there that is found no more, since it would hide its own return.
 */
export function holdAgainst(scanner: string, found: Findings): void {
  const reviewed = (JSON.parse(readFileSync(join(import.meta.dirname, 'reviewed.json'), 'utf8')) as Reviewed)[scanner] ?? {}
  const unexpected = [...found].filter(([id]) => !(id in reviewed)).map(([id, words]) => `${id}: ${words}`)
  const gone = Object.keys(reviewed).filter((id) => !found.has(id))
  assert.deepEqual({ unexpected, gone }, { unexpected: [], gone: [] })
}
