import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { controlTopic } from '../../src/chat/topics.ts'
import { closes } from '../../src/protocol/codes.ts'
import type { Person, TestHouse } from '../support/house.ts'
import { enter, frame, type RawClient } from './raw.ts'
import { startTimedHouse, type TimedHouse } from './timed-house.ts'

const guard = { timeout: 120_000 }
const second = 1000
let timed: TimedHouse
let house: TestHouse
let ada: Person
let bob: Person
let port: number

async function open(limits: Record<string, string> = {}): Promise<void> {
  timed = await startTimedHouse(limits)
  ;({ house, ada, bob, port } = timed)
}
beforeEach(() => open())
afterEach(() => house.close())

const json = (given: object) => frame(JSON.stringify(given))
const endOf = (client: RawClient) => timed.endOf(client)
const tell = (client: RawClient, bytes: Buffer) => timed.tell(client, bytes)
const pass = (ms: number) => timed.pass(ms)

/** How many connections the server has ended for this reason. */
async function ended(reason: string): Promise<number> {
  const metrics = await house.service.metrics()
  return Number(new RegExp(`^parley_connections_closed_total\\{reason="${reason}"\\} (\\d+)`, 'm').exec(metrics)?.[1])
}

const whole = json({ type: 'ping', ref: 1 })
const cut = (bytes: Buffer, at: number): [Buffer, Buffer] => [bytes.subarray(0, at), bytes.subarray(at)]
const parts: [what: string, bytes: Buffer][] = [
  ['the first byte of a frame', whole.subarray(0, 1)],
  ['its length', whole.subarray(0, 2)],
  ['half a frame', whole.subarray(0, 12)],
  ['all but its last byte', whole.subarray(0, -1)],
  ['a first piece', frame('{"type":', { final: false })],
  ['an empty first piece', frame('', { final: false })],
  ['half a ping', frame('hello', { opcode: 9 }).subarray(0, 4)],
  ['a whole message and half of the next', Buffer.concat([whole, whole.subarray(0, 9)])],
]
test('a message that has not come whole within ten seconds ends its connection with 1008 (WSF-05)', guard, async () => {
  for (const [what, bytes] of parts) {
    const client = await enter(port, ada.token)
    await tell(client, bytes)
    await pass(9 * second)
    assert.equal(endOf(client).destroyed, false, what)
    await pass(2 * second)
    assert.equal(await client.closeCode(), 1008, what)
    client.hangUp()
    while (house.service.connections() > 0) await turnEnd()
  }
})

test('neither more pieces nor pings between them buy it more time (WSF-05)', guard, async () => {
  const client = await enter(port, ada.token)
  await tell(client, frame('{"type"', { final: false }))
  for (let passed = 0; passed < 9; passed += 3) {
    await pass(3 * second)
    client.say(Buffer.concat([frame(' ', { opcode: 0, final: false }), frame('?', { opcode: 9 })]))
    while ((await client.frame())?.opcode !== 10);
  }
  await pass(2 * second)
  assert.equal(await client.closeCode(), 1008)
  client.hangUp()
})

test('a message that takes nine seconds is answered, and so is one after the other, wherever they are cut', guard, async () => {
  const client = await enter(port, ada.token)
  const [first, last] = cut(whole, 10)
  await tell(client, first)
  await pass(9 * second)
  client.say(last)
  assert.equal((await client.hears({ ref: 1 })).type, 'ok')
  let rest: Buffer = Buffer.alloc(0)
  for (let ref = 2; ref < 10; ref++) {
    const [half, other] = cut(ref % 2 === 0 ? json({ type: 'ping', ref }) : frame('?', { opcode: 9 }), ref)
    await tell(client, Buffer.concat([rest, half]))
    await pass(4 * second)
    rest = other
  }
  client.say(rest).say(json({ type: 'ping', ref: 99 }))
  assert.equal((await client.hears({ ref: 99 })).type, 'ok')
  client.hangUp()
})

test('what the server does not read because of its own limits is not late', guard, async () => {
  await house.close()
  await open({ FRAMESPERSECOND: '1' })
  const client = await enter(port, ada.token)
  const [first, last] = cut(json({ type: 'ping', ref: 99 }), 10)
  await tell(client, Buffer.concat([...Array.from({ length: 27 }, () => frame('?', { opcode: 10 })), first]))
  client.say(last)
  for (let passed = 0; passed < 30; passed += 3) await pass(3 * second)
  assert.equal((await client.hears({ ref: 99 })).type, 'ok')
  client.hangUp()
})

test('whoever makes the server pause again and again does not hold a message for ever (WSF-05)', guard, async () => {
  await house.close()
  await open({ FRAMESPERSECOND: '1' })
  const client = await enter(port, ada.token)
  const first = frame('{"type":', { final: false })
  await tell(client, Buffer.concat([...Array.from({ length: 27 }, () => frame('?', { opcode: 10 })), first]))
  const closed = client.closeCode()
  for (let passed = 0; passed < 75; passed += 3) {
    client.say(Buffer.concat(Array.from({ length: 5 }, () => frame('?', { opcode: 10 }))))
    await pass(3 * second)
  }
  assert.equal(await closed, 1008)
})

test('one who asks and never reads is disconnected after thirty seconds, and nobody else (WSF-08)', guard, async () => {
  const room = await house.room('long', [ada])
  const [deaf, honest] = [await enter(port, ada.token), await enter(port, bob.token)]
  for (let i = 0; i < 40; i++) {
    deaf.say(json({ type: 'post', ref: i + 1, room, key: `0123456789abcdef${i}`, text: `${i} ${'x'.repeat(7900)}` }))
    await deaf.hears({ ref: i + 1 })
  }
  const end = endOf(deaf)
  deaf.socket.pause()
  for (let still = 0, ref = 100; still < 50; still = end.writableLength > 0 ? still + 1 : 0) {
    if (!end.isPaused()) deaf.say(json({ type: 'history', ref: ref++, room }))
    await turnEnd()
  }
  await pass(29 * second)
  assert.equal(end.destroyed, false)
  await pass(2 * second)
  while (!end.destroyed) await turnEnd()
  assert.equal(await ended('slowReader'), 1)
  honest.say(json({ type: 'ping', ref: 1 }))
  assert.equal((await honest.hears({ ref: 1 })).type, 'ok')
  for (const client of [deaf, honest]) client.hangUp()
})

test('what others do can fill nobody’s memory: beyond a mebibyte that cannot be dropped the reader is let go (WSF-08)', guard, async () => {
  const room = await house.room('tea', [ada, bob])
  const [deaf, honest] = [await enter(port, ada.token), await enter(port, bob.token)]
  const [end, { bus }] = [endOf(deaf), house.service.house]
  deaf.socket.pause()
  const marks = (account: string) => bus.publish(controlTopic, { kind: 'marks', account, room, read: 1, readN: 1 })
  let most = 0
  for (let i = 0; !end.destroyed; i++) {
    for (let j = 0; j < 100; j++) void marks(ada.account.id)
    await turnEnd()
    most = Math.max(most, house.service.gateway.inspect(ada.login.id)[0]?.queued ?? 0)
    assert.ok(i < 10_000, `${most} bytes wait, and there is no end to it`)
  }
  assert.ok(most < 1100 * 1024, `${most} bytes waited`)
  assert.equal(await ended('slowReader'), 1)
  void marks(bob.account.id)
  await honest.hears({ type: 'marks' })
  for (const client of [deaf, honest]) client.hangUp()
})

test('a socket that is not welcomed because the store hangs is closed with 1013, which says: later (WSH-06)', guard, async () => {
  const { client, mend } = await timed.enterUnwelcomed(ada.token)
  await pass(24 * second)
  assert.equal(endOf(client).destroyed, false)
  await pass(2 * second)
  assert.equal(await client.closeCode(), closes.overload.code)
  mend()
  client.hangUp()
  ;(await enter(port, ada.token)).hangUp()
})
