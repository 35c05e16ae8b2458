import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { WebSocketServer } from 'ws'
import { benchDeployment } from '../../src/bench/deployment.ts'
import { parleyDialect } from '../../src/bench/dialect.ts'
import { eachMark, markedText } from '../../src/bench/marks.ts'
import { Score } from '../../src/bench/score.ts'
import { perform } from '../../src/bench/task.ts'
import { FrameReader, maskedText } from '../../src/outside/frames.ts'
import { freePort } from '../support/free-port.ts'
import { certificate, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { chartOf } from './chart.ts'
import { roomy } from './seed.ts'
import { median, ratios, tableOf } from './table.ts'

let house: TestHouse
let people: Person[]
let tokens: string[]
before(async () => {
  house = await startHouse({ settings: roomy })
  people = await house.people('ada', 'bob')
  tokens = people.map(({ token }) => token)
})
after(() => house.close())

const asked = () => ({ url: house.url, tokens, ca: certificate().cert, connections: 4, measure: 500, progress: () => undefined })

test('what is posted in a measurement is heard by all, and counted once', async () => {
  const figures = await benchDeployment({ ...asked(), scenario: 'fan-out', load: { perSecond: 40 } })
  const { posts = 0, deliveries = 0, missing, doubled, outOfOrder, refused, p50 = 0 } = figures
  assert.ok(posts > 0 && deliveries > 0 && p50 > 0, JSON.stringify(figures))
  assert.deepEqual({ missing, doubled, outOfOrder, refused }, { missing: 0, doubled: 0, outOfOrder: 0, refused: 0 })
})

test('each scenario measures something', async () => {
  for (const [scenario, figure] of [
    ['posts', 'postsPerSecond'],
    ['connects', 'connectsPerSecond'],
    ['connects-resumed', 'connectsPerSecond'],
    ['idle', 'gatheredPerSecond'],
  ] as const) {
    const figures = await benchDeployment({ ...asked(), scenario, load: { inFlight: 2 } })
    assert.ok((figures[figure] ?? 0) > 0, `${scenario}: ${JSON.stringify(figures)}`)
    if (scenario === 'connects-resumed') assert.ok((figures.resumed ?? 0) > 0.5)
  }
})

test('one who stops reading misses nothing in the end, and those who come and go leave no trace of themselves', async () => {
  const room = await house.room('bench', people)
  const { port } = new URL(house.url)
  const stage = {
    target: {
      host: '127.0.0.1',
      port: Number(port),
      servername: 'localhost',
      secureContext: createSecureContext({ ca: certificate().cert }),
    },
    ...{ dialect: parleyDialect(tokens), progress: () => undefined, window: async () => undefined },
  }
  const times = { warm: 50, measure: 300 }
  const slow = await perform({ kind: 'slow-reader', room, readers: 3, perSecond: 50, textBytes: 100, ...times }, stage)
  const { missing, doubled, outOfOrder, p99 = 0, p99Before = 0 } = slow
  assert.ok(p99 > 0 && p99Before > 0, JSON.stringify(slow))
  assert.deepEqual({ missing, doubled, outOfOrder }, { missing: 0, doubled: 0, outOfOrder: 0 })
  const { visits } = await perform({ kind: 'soak', room: await house.room('soak', people), times: 6, warm: 2, atOnce: 2 }, stage)
  assert.equal(visits, 6)
})

test('a limit that is met is told, and the measurement goes on', async () => {
  const strict = await startHouse({ settings: { PARLEY__LIMITS__POSTBURST: '1', PARLEY__LIMITS__POSTSPERSECOND: '1' } })
  const eve = await strict.person('eve')
  const figures = await benchDeployment({ ...asked(), url: strict.url, tokens: [eve.token], scenario: 'fan-out', load: { inFlight: 2 } })
  await strict.close()
  assert.ok((figures.refused ?? 0) > 0)
  assert.equal(figures.missing, 0)
})

test('a token that is not taken is told, with the status', async () => {
  await assert.rejects(benchDeployment({ ...asked(), tokens: ['no.token.this'], scenario: 'idle', load: { inFlight: 1 } }), /401/)
})

test('a certificate that is not trusted is told, with what makes it so; nobody there is something else', async () => {
  const bench = { tokens, connections: 1, measure: 100, progress: () => undefined, scenario: 'idle', load: { inFlight: 1 } } as const
  await assert.rejects(benchDeployment({ ...bench, url: house.url }), /certificate of .* is not trusted here.*--ca FILE/)
  const url = `https://localhost:${await freePort()}`
  await assert.rejects(benchDeployment({ ...bench, url, ca: certificate().cert }), /No connection to localhost:\d+ \(ECONNREFUSED\)/)
})

test('a post that did not come, came twice, or came late is counted as such', async () => {
  const score = new Score({ perRoom: 2, size: 2 })
  for (let n = 0; n < 4; n++) score.begin()
  const done = score.measure()
  const heard: [line: number, n: number][] = [
    [0, 0],
    [1, 0],
    [0, 1],
    [0, 1], // again
    [1, 2],
    [1, 1], // after a later one
    [0, 2],
  ]
  for (const [line, n] of heard) score.hear(line, 0, n, performance.now() * 1000)
  assert.equal(done().deliveries, heard.length)
  score.refuse(3)
  assert.deepEqual(await score.settled(20), { missing: 1, doubled: 1, outOfOrder: 1, refused: 1 })
})

test('marks are found in whatever lies around them, and in several at once', () => {
  const marks = [
    { sender: 0, n: 0, at: 0 },
    { sender: 99_999, n: 12_345_678, at: 9_876_543_210_987 },
  ]
  const bytes = Buffer.from(`{"a~":"${marks.map((mark) => markedText(mark, 100)).join('","text":"')}"} ~ cut`)
  const found: object[] = []
  eachMark(bytes, bytes.indexOf('":"'), bytes.length, (sender, n, at) => found.push({ sender, n, at }))
  assert.deepEqual(found, marks)
  assert.equal(markedText(marks[1] as (typeof marks)[1], 100).length, 100)
})

test('frames are whole, however they were cut on the way', () => {
  // Many short ones, so that the cuts fall everywhere.
  const texts = [
    ...Array.from({ length: 2000 }, (_, i) => 'f'.repeat(i % 300)),
    '',
    'a',
    'b'.repeat(125),
    'c'.repeat(126),
    'd'.repeat(65_535),
    'e'.repeat(70_000),
  ]
  const all = Buffer.concat(
    texts.map((text) => {
      const length = Buffer.byteLength(text)
      const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10)
      head[0] = 0x81
      head[1] = Math.min(length, length < 65_536 ? 126 : 127)
      if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2)
      else if (length >= 126) head.writeUInt16BE(length, 2)
      return Buffer.concat([head, Buffer.from(text)])
    }),
  )
  for (const piece of [997, 16_384, all.length]) {
    const heard: string[] = []
    const reader = new FrameReader((_, bytes, from, to) => heard.push(bytes.toString('utf8', from, to)))
    for (let at = 0; at < all.length; at += piece) reader.feed(all.subarray(at, at + piece))
    assert.deepEqual(heard, texts)
  }
})

test('what the bench says is a frame to any server', async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const heard = new Promise<string>((resolve) => server.once('connection', (ws) => ws.once('message', (data) => resolve(String(data)))))
  const socket = connect(port, '127.0.0.1')
  const head = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  socket.write(`${head}Sec-WebSocket-Key: cGFybGV5IGJlbmNoISEhIQ==\r\n\r\n`)
  socket.write(maskedText(`ö${'x'.repeat(300)}`))
  assert.equal(await heard, `ö${'x'.repeat(300)}`)
  socket.destroy()
  server.close()
})

test('ratios are of the same round, and the median is of them', () => {
  const results = {
    ...{ name: 'x', words: 'a story', headline: { figure: 'rate', unit: 'x/s', better: 'more' as const } },
    figures: { ws: [{ rate: 10 }, { rate: 100 }, { rate: 1000 }], parley: [{ rate: 20 }, { rate: 300 }, { rate: 1000, missing: 2 }] },
  }
  assert.deepEqual(ratios(results, 'parley'), { mid: 2, least: 1, most: 3 })
  assert.match(tableOf(results), /\| parley \| 300 \| ×2\.00 \(1\.00–3\.00\) \| 2 missing \|/)
  assert.match(chartOf([results]), /<svg .*parley<.*×2\.00</s)
  assert.equal(median([1, 2, 3, 10]), 2.5)
  assert.ok(Number.isNaN(median([])))
})
