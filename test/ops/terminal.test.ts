import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { newPlace, type Place, password } from './parley.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
/** `script` of util-linux gives a program a terminal of its own. */
const skip = /util-linux/.test(String(spawnSync('script', ['--version']).stdout ?? '')) ? false : 'there is no script(1) of util-linux here'

function onTerminal(t: TestContext, place: Place, args: string[]) {
  const command = [process.execPath, main, ...args].map((word) => `'${word}'`).join(' ')
  const child: ChildProcess = spawn('script', ['-qefc', command, '/dev/null'], {
    env: { ...place.env, TERM: 'dumb' },
    cwd: place.root,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let seen = ''
  child.stdout?.on('data', (chunk) => {
    seen += String(chunk)
  })
  return {
    child,
    ended: once(child, 'exit') as Promise<[number | null]>,
    type: (text: string) => child.stdin?.write(text),
    async shows(what: RegExp): Promise<string> {
      while (!what.test(seen)) {
        if (child.exitCode !== null) assert.fail(`it ended and showed:\n${seen}`)
        await once(child.stdout as NodeJS.ReadableStream, 'data')
      }
      return seen
    },
    seen: () => seen,
  }
}

test('a password that is typed is not shown, and asked for twice', { skip }, async (t) => {
  const place = await newPlace(t)
  const ada = onTerminal(t, place, ['account', 'add', 'ada'])
  await ada.shows(/Password: /)
  ada.type(`x\u0015${password}!\u007f\r`)
  await ada.shows(/Once more: /)
  ada.type(`${password}\r`)
  assert.deepEqual((await ada.ended)[0], 0, ada.seen())
  assert.match(ada.seen(), /ada can sign in as member/)
  assert.ok(!ada.seen().includes('sentence'))

  const bob = onTerminal(t, place, ['account', 'add', 'bob'])
  await bob.shows(/Password: /)
  bob.type(`${password}\rsomething quite different\r`)
  assert.deepEqual((await bob.ended)[0], 2)
  assert.match(bob.seen(), /two different passwords/)

  const eve = onTerminal(t, place, ['account', 'add', 'eve'])
  await eve.shows(/Password: /)
  eve.type('\u0003')
  assert.deepEqual((await eve.ended)[0], 1)
  assert.match(eve.seen(), /nothing was done/)
})

test('on a terminal the set-up link is shown, and Parley ends when the terminal is closed', { skip }, async (t) => {
  const place = await newPlace(t)
  const terminal = onTerminal(t, place, ['serve'])
  const seen = await terminal.shows(/\/setup#[\w-]{20,}\s/)
  assert.match(seen, /^ready https:\/\/localhost:\d+\r$/m)
  assert.equal(existsSync(join(place.data, 'setup-link')), false)
  const pid = Number(readFileSync(join(place.data, 'parley.pid'), 'utf8'))
  terminal.child.kill('SIGKILL')
  await terminal.ended
  // It is not our child: only that it goes can be seen.
  while (isAlive(pid)) await pause(20)
  assert.equal(existsSync(join(place.data, 'parley.pid')), false, 'it ended in good order')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
