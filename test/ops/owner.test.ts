import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ownStore, StoreTaken } from '../../src/ops/owner.ts'

const owner = resolve(import.meta.dirname, '../../src/ops/owner.ts')
const at = (dir: string, file = join(dir, 'parley.db')) => ({ data: { dir }, store: { kind: 'sqlite' as const, file } })
const atOnce = { patience: 0 }

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'parley-owner-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Another process that owns the store and then waits for its end. */
async function another(t: TestContext, dir: string) {
  const code = `
    const { ownStore } = await import(${JSON.stringify(owner)})
    await ownStore(${JSON.stringify(at(dir))}, { patience: 0 }).then(() => console.log('mine'), (error) => console.log(error.message))
    process.stdin.resume()
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  t.after(() => child.kill('SIGKILL'))
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, said: String(said).trim(), ended }
}

test('a second process is refused, in words that name the first', async (t) => {
  const dir = folder(t)
  const mine = await ownStore(at(dir))
  const { said } = await another(t, dir)
  assert.match(said, new RegExp(`belongs to the process with pid ${process.pid}\\b`))
  mine.release()
  assert.equal((await another(t, dir)).said, 'mine')
})

test('the same process does not get it twice, and asking twice does not lose it', async (t) => {
  const dir = folder(t)
  const mine = await ownStore(at(dir))
  await assert.rejects(ownStore(at(dir), atOnce), StoreTaken)
  assert.notEqual((await another(t, dir)).said, 'mine')
  mine.release()
})

test('when the owner is killed the store is free at once, and the pid it left harms nobody', async (t) => {
  const dir = folder(t)
  const { child, said, ended } = await another(t, dir)
  assert.equal(said, 'mine')
  await assert.rejects(ownStore(at(dir), atOnce), (error: StoreTaken) => error.pid === child.pid)
  child.kill('SIGKILL')
  await ended
  assert.equal(readFileSync(join(dir, 'parley.pid'), 'utf8').trim(), String(child.pid))
  const mine = await ownStore(at(dir), atOnce)
  assert.equal(readFileSync(join(dir, 'parley.pid'), 'utf8').trim(), String(process.pid))
  mine.release()
  assert.equal(existsSync(join(dir, 'parley.pid')), false)
})

test('a pid file that holds nonsense names nobody', async (t) => {
  const dir = folder(t)
  const mine = await ownStore(at(dir))
  writeFileSync(join(dir, 'parley.pid'), 'the cat')
  await assert.rejects(ownStore(at(dir), atOnce), (error: StoreTaken) => error.pid === undefined && /another process/.test(error.message))
  mine.release()
})

test('two data folders cannot share one store file', async (t) => {
  const [here, there] = [folder(t), folder(t)]
  for (const shared of [join(here, 'parley.db'), join(folder(t), 'shared.db')]) {
    const mine = await ownStore(at(here, shared))
    await assert.rejects(ownStore(at(there, shared), atOnce), (error: StoreTaken) => error.pid === process.pid)
    // What the refused one had taken already is free again.
    const other = await ownStore(at(there), atOnce)
    other.release()
    mine.release()
  }
})

test('who waits gets it as soon as it is let go', async (t) => {
  const dir = folder(t)
  const first = await ownStore(at(dir))
  const waiting = ownStore(at(dir), { patience: 60_000 })
  first.release()
  const second = await waiting
  second.release()
})

test('the lock is nobody else’s to open', async (t) => {
  const dir = join(folder(t), 'made', 'by', 'it')
  const mine = await ownStore(at(dir))
  assert.equal(statSync(dir).mode & 0o777, 0o700)
  assert.equal(statSync(join(dir, 'parley.lock')).mode & 0o777, 0o600)
  mine.release()
})
