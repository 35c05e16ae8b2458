import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { resolve } from 'node:path'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { frame, RawClient, upgradeText } from '../gateway/raw.ts'
import { oldVersion } from './old-versions.ts'
import { type Subject, startParley, startWeak, type Weight } from './subject.ts'

/*
 * Known faults of ws: the same probe first finds each in a version that has it, so that what it says of Parley counts.
 */

const require = createRequire(import.meta.url)
const MiB = 2 ** 20
const ours = resolve(import.meta.dirname, '../../node_modules/ws')
const headers = ({ tokens }: Subject) => ({ Authorization: `Bearer ${tokens[0]}` })

async function enter(subject: Subject): Promise<RawClient> {
  const client = await RawClient.plain(subject.port)
  const { status } = await client.say(upgradeText(subject.port, { path: '/ws', headers: headers(subject) })).answer()
  assert.equal(status, 101)
  return client
}

interface Flood {
  /** Whether the server had enough of it and hung up. */
  isCut: boolean
  /** MiB that it weighs more while the connection is there. */
  grown: number
  faults: string[]
}

/** Says something over and over to somebody who may hang up, and never reads an answer. */
async function flood(subject: Subject, bytes: Buffer, times: number, first = Buffer.alloc(0)): Promise<Flood> {
  const before = await subject.weigh()
  const { socket, closed } = await enter(subject)
  socket.pause()
  socket.write(first)
  for (let i = 0; i < times && !socket.destroyed; i++) {
    if (!socket.write(bytes)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed])
  }
  let after: Weight = await subject.weigh()
  const grown = (after.used - before.used + Math.max(0, after.rss - before.rss)) / MiB
  // To close takes its peer's answer, or a second.
  for (let looks = 0; looks < 15 && after.connections > 0; looks++) after = await subject.weigh()
  socket.destroy()
  return { isCut: after.connections === 0, grown, faults: after.faults }
}

test('a list of offers of spaces holds up ws 7.4.5 for long, and Parley for no time (WSH-08)', async (t) => {
  const stall = async (subject: Subject) => {
    await subject.weigh()
    const client = await RawClient.plain(subject.port)
    const offer = `b${' '.repeat(15_500)}x`
    const { status } = await client
      .say(upgradeText(subject.port, { headers: { ...headers(subject), 'Sec-WebSocket-Protocol': offer } }))
      .answer()
    client.hangUp()
    return { status, ms: (await subject.weigh()).stall }
  }
  const old = await stall(await startWeak(t, oldVersion('ws@7.4.5')))
  const here = await stall(await startParley(t))
  t.diagnostic(`${old.ms.toFixed(0)} ms with the old one, ${here.ms.toFixed(0)} ms with Parley (${here.status})`)
  assert.ok(old.ms > 100, `${old.ms} ms`)
  assert.ok([400, 431].includes(here.status))
  assert.ok(here.ms < old.ms / 2, `${here.ms} ms`)
})

test('a request that lost its Upgrade among too many headers throws in ws 8.17.0, and is refused by ours and by Parley (WSH-08, WSH-07)', async (t) => {
  const upgrade = (folder: string) => {
    const { WebSocketServer } = require(folder) as typeof import('ws')
    const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', headers: { host: 'x' } })
    const answer = new PassThrough()
    new WebSocketServer({ noServer: true }).handleUpgrade(request, answer, Buffer.alloc(0), () => assert.fail('was let in'))
    return String(answer.read())
  }
  assert.throws(() => upgrade(oldVersion('ws@8.17.0')), TypeError)
  assert.match(upgrade(ours), /^HTTP\/1.1 400 /)
  const parley = await startParley(t)
  const client = await RawClient.plain(parley.port)
  const [first, ...rest] = upgradeText(parley.port, { headers: headers(parley) }).split('\r\n')
  client.say([first, ...Array.from({ length: 2000 }, () => 'a:'), ...rest].join('\r\n'))
  assert.ok([400, 404, 426, 431].includes((await client.answer()).status))
  await client.closed
  assert.deepEqual((await parley.weigh()).faults, [])
})

for (const { words, version, size } of [
  { words: 'one byte', version: 'ws@8.20.1', size: 1 },
  { words: 'no byte at all', version: 'ws@8.21.0', size: 0 },
] as const) {
  test(`a message in endless pieces of ${words} fills ${version}, and is cut off by Parley (WSF-05)`, async (t) => {
    const many = Buffer.concat(Array.from({ length: 500 }, () => frame('x'.repeat(size), { opcode: 0, final: false })))
    const begin = frame('x', { final: false })
    const old = await flood(await startWeak(t, oldVersion(version)), many, 2000, begin)
    const parley = await startParley(t)
    const here = await flood(parley, many, 2000, begin)
    t.diagnostic(`${old.grown.toFixed(1)} MiB more with the old one, ${here.grown.toFixed(1)} MiB with Parley`)
    assert.equal(old.isCut, false)
    assert.ok(old.grown > 8, `${old.grown} MiB`)
    assert.equal(here.isCut, true)
    assert.ok(here.grown < 8, `${here.grown} MiB`)
    assert.deepEqual(here.faults, [])
  })
}

test('pings from somebody who reads no pong fill ws 8.21.0, and are cut off by Parley (WSF-06)', async (t) => {
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame('x'.repeat(125), { opcode: 9 })))
  const old = await flood(await startWeak(t, oldVersion('ws@8.21.0')), pings, 500)
  const here = await flood(await startParley(t), pings, 500)
  t.diagnostic(`${old.grown.toFixed(1)} MiB more with the old one, ${here.grown.toFixed(1)} MiB with Parley`)
  assert.equal(old.isCut, false)
  assert.ok(old.grown > 20, `${old.grown} MiB`)
  assert.equal(here.isCut, true)
  assert.ok(here.grown < 16, `${here.grown} MiB`)
})

test('a close with numbers shows a stranger’s memory with ws 8.20.0, and not with ours; Parley closes with words (WSF-12)', async (t) => {
  const reason = async (subject: Subject, ...says: string[]): Promise<Buffer> => {
    const client = await enter(subject)
    for (const text of says) client.say(frame(text))
    for (;;) {
      const next = (await client.frame()) ?? assert.fail('closed without a reason')
      if (next.opcode === 8) return next.payload.subarray(2)
    }
  }
  const tell = 'close with numbers'
  const old = await reason(await startWeak(t, oldVersion('ws@8.20.0')), tell)
  assert.equal(old.length, 96)
  assert.ok(!/^[.\0]*$/.test(old.toString('latin1')), 'what lay in memory')
  const now = await reason(await startWeak(t, ours), tell)
  assert.match(now.toString('latin1'), /^([.\0]*|refused)$/)
  const parley = await startParley(t)
  for (const says of [['no', 'no', 'no'], ['{"type":"bye","ref":1}']]) {
    const bytes = await reason(parley, ...says)
    assert.ok(bytes.length <= 123)
    assert.match(new TextDecoder('utf-8', { fatal: true }).decode(bytes), /^[\w .,'’:;-]*$/)
  }
})
