import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { textOf } from '../../src/check/seen.ts'
import { Line } from '../../src/outside/line.ts'
import { newKey } from '../support/guest.ts'
import type { Node } from './node.ts'
import { startSingle } from './single.ts'
import { attach, noStrace } from './strace.ts'
import { callsIn, syncOf } from './syncs.ts'

/*
 * What a power cut leaves is what was synced. Parley runs under strace, which writes down each write to the log of its store with
 * what was written, and each sync. Every sync is made `delay` longer at its beginning. So an acknowledgement that waits for its sync
 * comes at least that long after the sync began; one that does not comes before. Keys are legible in the pages of the store; the
 * answer is TLS, but it is enough to know when a person had it, by the same clock.
 */

/** ms. */
const delay = 15
/** ms by which two readings of one clock may differ: strace's, in µs, and Date's, in whole ms. */
const rounding = 1

/** When each message was acknowledged, in ms since 1970, and the trace of what was done to the store. */
async function acknowledgedUnderTrace(
  t: TestContext,
  { posts, atOnce, env = {} }: { posts: number; atOnce: number; env?: Record<string, string> },
) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-trace-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'trace')
  const deployment = await startSingle({ doomed: 0, env })
  t.after(() => deployment.close())
  const node = deployment.nodes[0] as Node
  const ca = deployment.ca.split(/(?<=-----END CERTIFICATE-----)\n/)
  const target = { host: '127.0.0.1', port: node.port, servername: 'localhost', secureContext: createSecureContext({ ca }) }
  const { id: room } = (await node.ask('roomAdd', { name: 'Tea', members: ['ada'], kind: 'private' })) as { id: string }
  const options = [
    '-ttt',
    '-s',
    '65536',
    '-e',
    'trace=pwrite64,fdatasync,fsync',
    '-e',
    `inject=fdatasync,fsync:delay_enter=${delay * 1000}`,
  ]
  const letGo = await attach(node.pid, [...options, '-o', file])
  const headers = { 'Sec-WebSocket-Protocol': 'parley.v1', Authorization: `Bearer ${deployment.tokens[0]}` }
  const line = await Line.dial(target, { path: '/ws', headers })
  await line.next((text) => (text.startsWith('{"type":"welcome"') ? true : undefined))

  const keys = Array.from({ length: posts }, newKey)
  const acknowledged = new Map<string, number>()
  await new Promise<void>((done) => {
    let said = 0
    const say = () => {
      const key = keys[said++]
      if (key !== undefined) line.say(JSON.stringify({ type: 'post', ref: said, room, key, text: textOf(key) }))
    }
    line.listen((text) => {
      const [, ref] = /^\{"type":"ok","ref":(\d+),"seq"/.exec(text) ?? []
      if (ref === undefined) return
      acknowledged.set(keys[Number(ref) - 1] as string, Date.now())
      if (acknowledged.size === posts) done()
      else say()
    })
    for (let i = 0; i < atOnce; i++) say()
  })
  line.leave()
  await letGo()
  return { acknowledged, calls: callsIn(readFileSync(file, 'utf8')) }
}

/** Keys whose acknowledgement came before the sync that holds them could have ended. */
function tooEarly({ acknowledged, calls }: Awaited<ReturnType<typeof acknowledgedUnderTrace>>): string[] {
  return [...acknowledged]
    .filter(([key, at]) => {
      const begun = syncOf(calls, key)
      return begun === undefined || at + rounding < begun + delay
    })
    .map(([key]) => key)
}

const skip = noStrace() ?? false

for (const { posts, atOnce, how } of [
  { posts: 30, atOnce: 1, how: 'one at a time' },
  { posts: 600, atOnce: 64, how: 'many at a time' },
]) {
  test(`what is acknowledged has been synced before: no power cut takes it away (${how})`, { skip }, async (t) => {
    const seen = await acknowledgedUnderTrace(t, { posts, atOnce })
    assert.equal(seen.acknowledged.size, posts)
    assert.deepEqual(tooEarly(seen), [])
  })
}

test('a store that does not wait for its sync is seen: so would we be', { skip }, async (t) => {
  // What better-sqlite3 does unless it is told otherwise; and the check at the start, which would refuse it, is deceived.
  const script = `import { DatabaseSync } from 'node:sqlite'
    const { exec, prepare } = DatabaseSync.prototype
    DatabaseSync.prototype.exec = function (sql) { return exec.call(this, sql.replace('synchronous = full', 'synchronous = normal')) }
    DatabaseSync.prototype.prepare = function (sql) {
      return sql === 'pragma synchronous' ? prepare.call(this, 'select 2 as synchronous') : prepare.call(this, sql)
    }`
  const env = { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(script)}"` }
  const seen = await acknowledgedUnderTrace(t, { posts: 20, atOnce: 1, env })
  assert.ok(tooEarly(seen).length > 10, 'most came early')
})
