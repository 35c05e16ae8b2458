import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Lost } from '../../src/sdk/client.ts'
import { is, line } from './bare-line.ts'
import { settle } from './clockwork.ts'

test('a program shows its token in a header, the page its ticket as a subprotocol; the address stays clean', async () => {
  const bot = line()
  const page = line({ credential: async () => ({ ticket: 'abc' }) })
  await settle()
  assert.deepEqual([bot.network.last.protocols, bot.network.last.headers], [['parley.v1'], { authorization: 'Bearer token' }])
  assert.deepEqual([page.network.last.protocols, page.network.last.headers], [['parley.v1', 'parley.ticket.abc'], {}])
})

test('a credential is asked for before every attempt', async () => {
  const { ada, network, clock, asked } = line()
  for (let attempt = 1; attempt <= 3; attempt++) {
    await settle()
    assert.deepEqual([asked.length, network.sockets.length], [attempt, attempt])
    network.last.ends(1006)
    await clock.pass(is(ada, 'waiting').retryAt - clock.time)
  }
})

test('a server that takes the socket but never says welcome, or never answers at all, is backed off from', async () => {
  const { ada, network, clock } = line()
  await settle()
  await clock.pass(20_000)
  is(ada, 'waiting')
  await clock.pass(1_000)
  network.last.ends(1000)
  is(ada, 'waiting')
  const silent = line({ credential: () => new Promise(() => {}) })
  await silent.clock.pass(20_000)
  is(silent.ada, 'waiting')
})

test('two beats of silence end a socket; any frame is a sign of life', async () => {
  const { ada, network, clock, live } = line()
  await live()
  await clock.pass(49_999)
  network.last.says({ type: 'beat', now: 1 })
  await clock.pass(49_999)
  is(ada, 'live')
  await clock.pass(1)
  is(ada, 'waiting')
  assert.equal(network.alive, 0)
})

test('"try now" attempts at once, and asks a connection that slept for a sign of life', async () => {
  const { ada, network, clock, live } = line()
  await settle()
  network.last.ends(1006)
  ada.retryNow()
  await live()
  is(ada, 'live')
  ada.retryNow()
  const ping = network.last.sent.at(-1)!
  assert.equal(ping.type, 'ping')
  network.last.says({ type: 'ok', ref: ping.ref, now: 1 })
  await clock.pass(10_000)
  is(ada, 'live')
  ada.retryNow()
  await clock.pass(2_000)
  is(ada, 'waiting')
})

test('without network nothing is attempted; with it, at once', async () => {
  const { ada, network, clock, live } = line()
  await live()
  ada.setOnline(false)
  is(ada, 'offline')
  assert.equal(network.alive, 0)
  ada.retryNow()
  await clock.pass(3_600_000)
  assert.equal(network.sockets.length, 1)
  ada.setOnline(true)
  await live()
  is(ada, 'live')
})

test('an address that is none stops the client instead of being tried for ever', async () => {
  const refuses = () => {
    throw new SyntaxError('The URL is invalid.')
  }
  const { ada, clock } = line({ connect: refuses })
  await settle()
  assert.deepEqual(is(ada, 'stopped'), { state: 'stopped', why: 'The URL is invalid.', signIn: false })
  assert.equal(clock.waiting, 0)
})

test('a closed client leaves nothing behind: no socket, no timer, no promise that never settles', async () => {
  const { ada, network, clock, live } = line()
  await live()
  const [post, open, edit] = [ada.post('tea', 'hello'), ada.open('tea'), ada.edit('tea', 1, 'hello')]
  await settle()
  const closed = ada.close()
  network.last.ends(1000)
  await closed
  for (const promise of [post, open, edit, ada.post('tea', 'again'), ada.open('tea'), ada.request('ping', {})]) {
    await assert.rejects(promise, Lost)
  }
  assert.deepEqual([network.alive, clock.waiting], [0, 0])
})

test('no more requests are unanswered than the server takes; the rest wait their turn, in order', async () => {
  const { ada, network, live } = line()
  await live()
  const answers = Array.from({ length: 100 }, () => ada.request('ping', {}))
  assert.equal(network.last.sent.length, 60)
  for (let ref = 1; ref <= 100; ref++) network.last.says({ type: 'ok', ref, now: ref })
  assert.deepEqual(
    (await Promise.all(answers)).map(({ now }) => now),
    Array.from({ length: 100 }, (_, i) => i + 1),
  )
})
