import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Denied } from '../../src/sdk/client.ts'
import { is, line } from './bare-line.ts'
import { settle } from './clockwork.ts'

test('waits grow with each failure, to a minute at most, and are short again after ten good seconds', async () => {
  const { ada, network, clock, live } = line()
  const waits: number[] = []
  const fail = async (code = 1006) => {
    await settle()
    network.last.ends(code)
    const { retryAt } = is(ada, 'waiting')
    waits.push(retryAt - clock.time)
    await clock.pass(retryAt - clock.time)
  }
  for (let i = 0; i < 8; i++) await fail()
  await live()
  await clock.pass(9_999)
  await fail()
  await live()
  await clock.pass(10_000)
  await fail(1001)
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 1_000])
})

const waits = [
  { code: 4000, from: 0, to: 1_000, means: 'reconnects at once' },
  { code: 4099, from: 0, to: 1_000, means: 'reconnects at once' },
  { code: 4100, from: 1_000, to: 1_000, means: 'backs off' },
  { code: 4101, from: 1_000, to: 1_000, means: 'backs off' },
  { code: 4200, from: 0, to: 1_000, means: 'gets new credentials' },
  { code: 1013, from: 10_000, to: 11_000, means: 'leaves an overloaded server ten seconds' },
  { code: 1000, from: 1_000, to: 1_000, means: 'backs off' },
  { code: 1011, from: 1_000, to: 1_000, means: 'backs off' },
  { code: 4999, from: 1_000, to: 1_000, means: 'backs off' },
]
for (const { code, from, to, means } of waits) {
  test(`after ${code} the client ${means}`, async () => {
    const { ada, network, clock, live, asked } = line()
    await live()
    network.last.ends(code)
    const wait = is(ada, 'waiting').retryAt - clock.time
    assert.ok(from <= wait && wait <= to, `${wait} ms`)
    assert.equal(is(ada, 'waiting').code, code)
    await clock.pass(wait)
    await settle()
    assert.equal(asked.at(-1), code === 4200 ? 'new-credentials' : 'attempt')
    assert.equal(network.sockets.length, 2)
  })
}

test('a server that says "at once" again and again is left in peace', async () => {
  const { ada, network, clock, live } = line()
  for (let i = 0; i < 10; i++) {
    await live()
    network.last.ends(4000)
    await clock.pass(is(ada, 'waiting').retryAt - clock.time)
  }
  await live()
  network.last.ends(4000)
  assert.ok(is(ada, 'waiting').retryAt - clock.time > 30_000)
})

test('a restart is waited for inside the time that the server gave, also when its close frame never came', async () => {
  for (const [chance, code, expected] of [
    [0, 1012, 2_000],
    [1, 1012, 9_000],
    [0.5, 1006, 5_500],
  ] as const) {
    const { ada, network, clock, live } = line({ random: () => chance })
    await live()
    network.last.says({ type: 'bye', code: 1012, message: 'The server restarts.', reconnectAfterMs: [2_000, 9_000] })
    network.last.ends(code)
    assert.deepEqual([is(ada, 'waiting').retryAt - clock.time, is(ada, 'waiting').why], [expected, 'The server restarts.'])
  }
})

test('an ended login stops the client, which says why and whether signing in helps', async () => {
  for (const [code, signIn] of [
    [4300, true],
    [4301, true],
    [4302, false],
    [4304, true],
    [4305, false],
    [4306, false],
  ] as const) {
    const { ada, network, clock, live } = line()
    await live()
    network.last.ends(code, 'because')
    assert.deepEqual(is(ada, 'stopped'), { state: 'stopped', code, why: 'because', signIn })
    ada.retryNow()
    ada.setOnline(true)
    await clock.pass(3_600_000)
    assert.equal(network.sockets.length, 1)
    ada.resume()
    await settle()
    assert.equal(network.sockets.length, 2)
  }
})

test('what a credential is denied for decides what comes next', async () => {
  const denials = {
    signIn: new Denied('new-credentials', 'Sign in first.'),
    stop: new Denied('stop', 'Not here.'),
    later: new Denied('back-off', 'Busy.', 5_000),
    broken: new TypeError('fetch failed'),
  }
  const denied = async (error: Error) => {
    const { ada, clock, network } = line({ credential: () => Promise.reject(error) })
    await settle()
    assert.equal(network.sockets.length, 0)
    return { state: ada.state, time: clock.time }
  }
  assert.deepEqual((await denied(denials.signIn)).state, { state: 'stopped', why: 'Sign in first.', signIn: true })
  assert.deepEqual((await denied(denials.stop)).state, { state: 'stopped', why: 'Not here.', signIn: false })
  const later = await denied(denials.later)
  assert.deepEqual(later.state, { state: 'waiting', why: 'Busy.', retryAt: later.time + 6_000 })
  const broken = await denied(denials.broken)
  assert.deepEqual(broken.state, { state: 'waiting', why: 'fetch failed', retryAt: broken.time + 1_000 })
})
