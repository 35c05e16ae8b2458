import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { disguise, installed, launch, pinnedNode, start } from './tree.ts'

/** How the server comes to run under the launcher: in its place, or as a child of it. */
const ways = { 'in place of the launcher': {}, 'as its child': { execve: false } } as const

async function serving(t: TestContext, how: { execve?: false }) {
  const tree = await installed(t)
  const launched = start(t, tree, process.execPath, [...disguise(tree, how), join(tree, 'src/launch.cjs'), 'serve'])
  const pid = Number((await launched.line()).slice('ready '.length))
  t.after(() => gone(pid) || process.kill(pid, 'SIGKILL'))
  return { ...launched, pid }
}

function gone(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

/** Nothing announces the end of a process that is not our child. */
async function untilGone(pid: number) {
  while (!gone(pid)) await sleep(50)
}

for (const [way, how] of Object.entries(ways)) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${way}: ${signal} to the launcher alone reaches the server once, and its exit code comes back`, async (t) => {
      const { child, line, ended } = await serving(t, how)
      child.kill(signal)
      assert.equal(await line(), signal)
      await assert.rejects(line(), /it has ended/, 'nothing more came')
      assert.equal((await ended).code, 7)
    })
  }

  test(`${way}: SIGHUP is passed on and ends nothing`, async (t) => {
    const { child, line, ended } = await serving(t, how)
    child.kill('SIGHUP')
    assert.equal(await line(), 'SIGHUP')
    child.kill('SIGTERM')
    assert.equal(await line(), 'SIGTERM')
    assert.equal((await ended).code, 7)
  })

  test(`${way}: a program that dies of a signal is seen to have died of it`, async (t) => {
    const tree = await installed(t)
    const { code, signal } = await launch(t, tree, ['die'], disguise(tree, how))
    assert.deepEqual([code, signal], [null, 'SIGKILL'])
  })
}

test('a signal that the terminal sends to all of us reaches the server once', async (t) => {
  const { child, line, pid, ended } = await serving(t, { execve: false })
  child.kill('SIGINT')
  process.kill(pid, 'SIGINT')
  assert.equal(await line(), 'SIGINT')
  await assert.rejects(line(), /it has ended/)
  assert.equal((await ended).code, 7)
})

test('when the launcher is killed the server does not stay behind', async (t) => {
  const { child, line, pid } = await serving(t, { execve: false })
  child.kill('SIGKILL')
  await once(child, 'exit')
  assert.equal(await line(), 'SIGTERM')
  await untilGone(pid)
})

/** npm runs the launcher on the Node of this machine, whichever that is. */
async function forAnyNode(t: TestContext): Promise<string> {
  const tree = await installed(t)
  pinnedNode(tree)
  return tree
}

test('what npm is told the server hears', async (t) => {
  const tree = await forAnyNode(t)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const { child, line, ended } = start(t, tree, 'npm', ['start', '--silent'])
    assert.match(await line(), /^ready /)
    child.kill(signal)
    assert.equal(await line(), signal)
    assert.equal((await ended).code, 7)
  }
})

test('when npm is killed the server does not stay behind', async (t) => {
  const tree = await forAnyNode(t)
  const { child, line } = start(t, tree, 'npm', ['start', '--silent'])
  const pid = Number((await line()).slice('ready '.length))
  child.kill('SIGKILL')
  assert.equal(await line(), 'SIGTERM')
  await untilGone(pid)
})

test('npm run --silent parley prints the data and nothing else', async (t) => {
  const tree = await forAnyNode(t)
  const { line, ended } = start(t, tree, 'npm', ['run', '--silent', 'parley', '--', 'room', '3', '--json'])
  assert.deepEqual(JSON.parse(await line()).args, ['room', '3', '--json'])
  assert.equal((await ended).code, 3)
})
