import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as dialTcp } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { connect as dialTls, type TLSSocket } from 'node:tls'
import { admit, type Guard, NoEntry } from '../../src/gateway/admission.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { type Chance, chance, often, seedOf } from './chance.ts'
import { enterAtLast, frame, knock, RawClient, type RawFrame, tlsOptions, upgradeText } from './raw.ts'

let house: TestHouse
let ada: Person
let port: number
const guard = { timeout: often(150_000) }

before(async () => {
  const limits = { HANDSHAKESPERSECONDPERADDRESS: '100000', CONNECTIONSPERLOGIN: '1000', CONNECTIONSPERACCOUNT: '1000' }
  const settings = Object.fromEntries(Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value]))
  house = await startHouse({ settings: { ...settings, PARLEY__TIMEOUTS__HEADERS: '300ms', PARLEY__TIMEOUTS__PING: '10m' } })
  ada = await house.person('ada')
  port = house.service.port
})
after(() => house.close())

const withToken = (headers: Record<string, string | string[] | undefined> = {}) => ({
  headers: { Authorization: `Bearer ${ada.token}`, ...headers },
})
const sockets = () => new Promise<number>((resolve) => house.service.server.getConnections((_, count) => resolve(count)))

/** Nobody is connected any more: neither as a person nor as a bare socket. */
async function allGone(): Promise<void> {
  while (house.service.connections() > 0 || (await sockets()) > 0) await turnEnd()
}

async function adaCanStillEnter(): Promise<void> {
  const client = await enterAtLast(port, ada.token)
  client.say(frame('{"type":"ping","ref":7}'))
  assert.equal((await client.hears({ ref: 7 })).type, 'ok')
  client.hangUp()
}

/** A whole conversation up to its nth byte, then gone: politely, rudely, or after a few turns of the loop. */
async function cutOff(conversation: Buffer, { below, pick }: Chance): Promise<void> {
  const tcp = dialTcp(port, '127.0.0.1')
  const tls = dialTls({ ...tlsOptions(port), socket: tcp })
  const closed = new Promise<void>((resolve) => void tcp.once('close', () => resolve()))
  for (const socket of [tcp, tls]) socket.on('error', () => undefined)
  const leave = pick([() => tcp.resetAndDestroy(), () => tcp.destroy(), () => tls.end(), () => tls.destroy()])
  const turns = below(12)
  tls.once('secureConnect', async () => {
    tls.on('data', () => undefined)
    const split = below(conversation.length + 1)
    tls.write(conversation.subarray(0, below(split + 1)))
    if (below(2) === 0) await turnEnd()
    tls.write(conversation.subarray(0, split))
    for (let i = 0; i < turns; i++) await turnEnd()
    leave()
    if (!tcp.destroyed) tcp.destroySoon()
  })
  await closed
}

test('thousands who vanish at any byte, before, while and after they are let in, leave nothing behind (WSF-13)', guard, async (t) => {
  const luck = chance(seedOf(t))
  const talk = ['{"type":"ping","ref":1}', '{"type":"history","ref":2,"room":"x"}', 'not json'].map((text) => frame(text))
  const conversation = Buffer.concat([Buffer.from(upgradeText(port, withToken())), ...talk])
  for (let round = 0; round < often(40); round++) await Promise.all(Array.from({ length: 50 }, () => cutOff(conversation, luck)))
  await allGone()
  await adaCanStillEnter()
})

test('a socket whose last write never comes to an end does not outlive its peer (WSF-12)', async () => {
  house.service.server.once('secureConnection', (socket: TLSSocket) => {
    socket._write = () => undefined // as after a reset that TLS keeps to itself
    socket._writev = () => undefined
  })
  const client = await RawClient.dial(port)
  const bound = once(house.service.server, 'upgrade')
  client.say(upgradeText(port, withToken()))
  await bound
  while (house.service.connections() === 0) await turnEnd()
  client.socket.end()
  await allGone()
})

test('a request that never ends, or is none at all, does not keep its socket (WSH-05, WSH-09, HTTP-05)', guard, async () => {
  const halves = ['GET', 'GET /ws HTTP/1.1\r\n', upgradeText(port, withToken()).slice(0, -2)]
  const noise = [
    '\0'.repeat(100),
    'CONNECT x HTTP/1.1\r\n\r\n',
    'GET /ws HTTP/9.9\r\n\r\n',
    'é\r\n\r\n',
    'GET /ws HTTP/1.1\r\nHost : x\r\n\r\n',
  ]
  const bodies = [
    upgradeText(port, withToken({ 'Content-Length': '1000000' })),
    upgradeText(port, withToken({ 'Transfer-Encoding': 'chunked' })),
    `${upgradeText(port, withToken({ 'Transfer-Encoding': 'chunked' }))}5\r\nhello\r\n0\r\n\r\n`,
    `${upgradeText(port, withToken({ 'Transfer-Encoding': 'chunked' }))}zz\r\n`,
    `${upgradeText(port, withToken({ 'Content-Length': '5' }))}hello`,
  ]
  // They never read and never hang up: the server must.
  const silent = [...halves, ...noise, ...bodies].map(async (bytes) => {
    const socket = dialTls({ ...tlsOptions(port), socket: dialTcp({ port, host: '127.0.0.1', allowHalfOpen: true }) })
    socket.on('error', () => undefined)
    await once(socket, 'secureConnect')
    socket.write(bytes)
    return socket
  })
  const all = await Promise.all(silent)
  await allGone()
  for (const socket of all) socket.destroy()
  await adaCanStillEnter()
})

test('an upgrade with a body is no upgrade (WSH-07, HTTP-01)', async () => {
  for (const headers of [{ 'Content-Length': '5' }, { 'Transfer-Encoding': 'chunked' }]) {
    const client = await RawClient.dial(port)
    const answer = await client.say(upgradeText(port, withToken(headers))).answer()
    assert.equal(answer.status, 400, JSON.stringify(headers))
    client.hangUp()
  }
})

test('a heap of headers, or headers with the names of what every object has, break nothing (WSH-08)', async () => {
  const many = Object.fromEntries(Array.from({ length: 1900 }, (_, i) => [`h${i.toString(36)}`, '']))
  assert.ok([101, 404, 400, 431].includes((await knock(port, withToken(many))).status))
  const before = await RawClient.dial(port)
  const [first = '', ...rest] = upgradeText(port, withToken()).split('\r\n')
  before.say([first, ...Array.from({ length: 3000 }, () => 'a:'), ...rest].join('\r\n'))
  assert.ok([400, 404, 431].includes((await before.answer()).status))
  for (const big of [
    { X: 'a'.repeat(64 * 1024) },
    { Cookie: `a=${'b'.repeat(64 * 1024)}` },
    { 'Sec-WebSocket-Protocol': `parley.v1${', x'.repeat(30_000)}` },
  ]) {
    assert.ok([400, 431].includes((await knock(port, withToken(big))).status))
  }
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__', 'then']
  const odd = Object.fromEntries(names.map((name) => [name, ['x', 'y']]))
  assert.equal((await knock(port, withToken(odd))).status, 101)
  await adaCanStillEnter()
})

test('a list of offers is read in a time that grows with its length, not with its square (WSH-08, HTTP-04)', async () => {
  const spaces = `b${' '.repeat(15_000)}x`
  assert.equal((await knock(port, withToken({ 'Sec-WebSocket-Protocol': `parley.v1, ${spaces}` }))).status, 400)
  assert.equal((await knock(port, withToken({ 'Sec-WebSocket-Extensions': `${spaces}, constructor; __proto__=1` }))).status, 101)
  const nobody = () => assert.fail('must not come this far')
  const guard: Guard = {
    ...{ logins: { find: nobody }, tokens: { readToken: nobody, readTicket: nobody, consume: nobody } },
    sessions: { handleOf: nobody, keyOf: nobody },
    ...{ isHost: () => true, isOrigin: () => true, isDraining: () => false, isBusy: () => false, pace: () => 0, quota: nobody },
  }
  const upgrade = { host: 'x', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' }
  // What is squared here would take hours.
  for (const offer of [
    `b${' '.repeat(4e6)}x`,
    `parley.v1,${' '.repeat(4e6)}`,
    ' ,'.repeat(1e6),
    'a'.repeat(4e6),
    `${'a'.repeat(2e6)}${' '.repeat(2e6)}é`,
  ]) {
    const caller = { method: 'GET', url: '/ws', version: '1.1', address: '', headers: { ...upgrade, 'sec-websocket-protocol': offer } }
    await assert.rejects(admit(caller, guard), (error) => error instanceof NoEntry && error.status === 400)
  }
})

test('frames behind the request are answered after the welcome when it is let in, and never read when it is not (WSH-05)', async () => {
  const room = await house.room('tea', [ada])
  const post = (ref: number) => frame(JSON.stringify({ type: 'post', ref, room, key: `0123456789abcde${ref}`, text: `${ref}` }))
  const refused = await RawClient.dial(port)
  const bad = upgradeText(port, { headers: { Authorization: `Bearer ${ada.token}x` } })
  refused.say(Buffer.concat([Buffer.from(bad), post(1), post(2), Buffer.from(upgradeText(port, withToken())), post(3)]))
  assert.equal((await refused.answer()).status, 401)
  assert.equal((await refused.answer()).status, 0, 'and nothing else is said')

  const admitted = await RawClient.dial(port)
  admitted.say(Buffer.concat([Buffer.from(upgradeText(port, withToken())), post(4), frame('{"type":"ping","ref":5}'), post(6)]))
  assert.equal((await admitted.answer()).status, 101)
  const said = []
  for (let i = 0; said.at(-1) !== 6; i++) {
    const next: RawFrame = (await admitted.frame()) ?? assert.fail(`ended after ${said}`)
    const { type, ref } = JSON.parse(String(next.payload)) as { type: string; ref?: number }
    if (i === 0) assert.equal(type, 'welcome')
    if (type === 'ok') said.push(ref)
  }
  assert.deepEqual(said, [4, 5, 6])
  admitted.say(frame(JSON.stringify({ type: 'history', ref: 9, room })))
  const { events } = await admitted.hears({ ref: 9 })
  assert.deepEqual(
    (events as { text: string }[]).map(({ text }) => text),
    ['4', '6'],
  )
  admitted.hangUp()
})
