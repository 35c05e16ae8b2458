import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { request } from 'node:https'
import { resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { test } from 'node:test'
import { newPlace } from './parley.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')

const statusOf = (url: string, path: string) =>
  new Promise<number>((found, failed) => {
    const asked = request(new URL(path, url), { rejectUnauthorized: false, headers: { cookie: 'x'.repeat(2_000) } }, (answer) => {
      answer.resume()
      found(answer.statusCode ?? 0)
    })
    asked.on('error', failed).end()
  })

/** A server whose log goes nowhere, from when it is ready on; its address. */
async function serveInto(t: TestContext, stderr: 'pipe' | number, lose: (child: ChildProcess) => void) {
  const { env, root } = await newPlace(t)
  const child = spawn(process.execPath, [main, 'serve'], {
    cwd: root,
    env: { ...env, PARLEY__LOG__LEVEL: 'trace' },
    stdio: ['ignore', 'pipe', stderr],
  })
  t.after(() => child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  let said = ''
  while (!/^ready \S+$/m.test(said)) said += String((await once(child.stdout as NodeJS.ReadableStream, 'data'))[0])
  lose(child)
  return { child, ended, url: /^ready (\S+)$/m.exec(said)?.[1] ?? '' }
}

const destinations: [string, (t: TestContext) => ReturnType<typeof serveInto>][] = [
  [
    'a disk that is full',
    async (t) => {
      const full = openSync('/dev/full', 'w')
      const serving = await serveInto(t, full, () => undefined)
      closeSync(full)
      return serving
    },
  ],
  [
    'a pipe that is closed',
    (t) => serveInto(t, 'pipe', ({ stdout, stderr }) => [stdout, stderr].forEach((stream) => void stream?.destroy())),
  ],
  ['a pipe that nobody reads', (t) => serveInto(t, 'pipe', ({ stderr }) => void stderr?.pause())],
]
for (const [what, serving] of destinations) {
  test(`a server whose log goes to ${what} serves on, through a flood of lines, and ends in good order (LOG-07)`, async (t) => {
    const { child, ended, url } = await serving(t)
    for (let round = 0; round < 20; round += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => statusOf(url, `/nothing/${'x'.repeat(500)}/${i}`)))
      assert.deepEqual(
        [...new Set(answers)].filter((status) => status !== 404 && status !== 429),
        [],
      )
    }
    assert.equal(child.exitCode, null)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
}
