import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Connection } from '../../src/gateway/connection.ts'
import { Life, type LifeDeps } from '../../src/gateway/life.ts'
import { closes } from '../../src/protocol/codes.ts'
import { enter, frame, type RawClient } from './raw.ts'
import { startTimedHouse, type TimedHouse } from './timed-house.ts'

const guard = { timeout: 120_000 }
const second = 1000
const pong = frame('', { opcode: 10 })
const asked = frame(JSON.stringify({ type: 'ping', ref: 1 }))

let timed: TimedHouse

async function start(t: TestContext, timeouts?: Record<string, string>): Promise<void> {
  timed = await startTimedHouse({}, timeouts)
  t.after(() => timed.house.close())
}

const enterBoth = (): Promise<[RawClient, RawClient]> =>
  Promise.all([enter(timed.port, timed.ada.token), enter(timed.port, timed.bob.token)])

test(
  'a peer that is gone without a word is found out within a ping and fifteen seconds; one that is there stays (WSF-11)',
  guard,
  async (t) => {
    await start(t)
    const [gone, there] = await enterBoth()
    await timed.pass(30 * second)
    for (const client of [gone, there]) while ((await client.frame())?.opcode !== 9);
    await timed.tell(there, pong)
    await timed.pass(14 * second)
    assert.equal(timed.endOf(gone).destroyed, false)
    await timed.pass(2 * second)
    assert.equal(await gone.closeCode(), 1006)
    there.say(asked)
    assert.equal((await there.hears({ ref: 1 })).type, 'ok')
    assert.equal(timed.house.service.connections(), 1)
    for (const client of [gone, there]) client.hangUp()
  },
)

test('a peer that is gone is found out also where pings follow each other faster than a pong may be late (WSF-11)', guard, async (t) => {
  await start(t, { PING: '10s', PONG: '15s' })
  const [gone, there] = await enterBoth()
  for (let passed = 0; passed < 30; passed++) {
    await timed.pass(second)
    await timed.tell(there, pong)
  }
  assert.equal(await gone.closeCode(), 1006)
  assert.equal(timed.house.service.connections(), 1)
  for (const client of [gone, there]) client.hangUp()
})

test(
  'whoever hears nothing is pinged and told that the line is alive in one write; whoever has just heard something is only pinged',
  guard,
  async (t) => {
    await start(t)
    const [silent, told] = await enterBoth()
    await timed.pass(19 * second)
    told.say(asked)
    await told.hears({ ref: 1 })
    const written = () => [silent, told].map((client) => timed.endOf(client).bytesWritten)
    const before = written()
    await timed.pass(7 * second)
    const ping = await silent.frame()
    assert.deepEqual([ping?.opcode, ping?.payload.length], [9, 0])
    const beat = String((await silent.frame())?.payload)
    assert.deepEqual(JSON.parse(beat), { type: 'beat', now: timed.clock.now() })
    await timed.pass(5 * second)
    assert.equal((await told.frame())?.opcode, 9)
    assert.deepEqual(
      written().map((bytes, i) => bytes - (before[i] as number)),
      [2 + 2 + beat.length, 2],
    )
    for (const client of [silent, told]) client.hangUp()
  },
)

test(
  'pings, however often, do not put off the end of a socket that the store cannot welcome, and nothing is said before the welcome (WSH-06)',
  guard,
  async (t) => {
    await start(t, { PING: '10s' })
    const { client, mend } = await timed.enterUnwelcomed(timed.ada.token)
    for (let passed = 0; passed < 24; passed++) {
      await timed.pass(second)
      await timed.tell(client, pong)
    }
    await timed.pass(2 * second)
    const heard = new Set<unknown>()
    for (let said = await client.frame(); said; said = await client.frame())
      heard.add(said.opcode === 1 ? JSON.parse(String(said.payload)).type : said.opcode === 8 ? said.payload.readUInt16BE(0) : said.opcode)
    assert.deepEqual([...heard], [9, 'bye', closes.overload.code])
    mend()
    client.hangUp()
  },
)

test('a reader who takes nothing for a while is pinged by itself, behind what waits in its socket', () => {
  const clock = { at: 0 }
  const said: string[] = []
  const outlet = { sentAt: 0, blockedAt: 0, isLate: () => false, beat: (sign: unknown) => void said.push(String(sign)) }
  const login = { activeAt: 0, login: { expiresAt: Number.MAX_SAFE_INTEGER, idleMs: 0 } }
  const ws = { isPaused: false, readyState: 1, OPEN: 1, ping: () => void said.push('ping') }
  const connection: Connection = Object.assign(Object.create(null), {
    ...{ outlet, login, ws, tap: { reading: () => 0 }, socket: { bytesRead: 0 }, welcomed: true, isDead: false },
  })
  const deps: LifeDeps = Object.assign(Object.create(null), {
    ...{ now: () => clock.at, monotonic: () => clock.at, random: () => 0.5, wheel: { set: () => undefined } },
    ...{ times: () => ({ ping: 25_000, pong: 15_000 }), limits: () => ({ queueAge: 10_000, pullerStall: 90_000 }) },
    sign: (withPing: boolean) => (withPing ? 'ping and beat' : 'beat'),
  })
  const life = new Life(connection, deps)
  const wakeAt = (at: number) => {
    clock.at = at
    life.wake(at)
    life.heard()
  }
  wakeAt(25_000)
  assert.deepEqual(said, ['ping and beat'])
  outlet.blockedAt = outlet.sentAt = 26_000
  wakeAt(50_000)
  assert.deepEqual(said, ['ping and beat', 'ping'])
})
