import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { afterEach, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { enter, frame, type RawClient } from './raw.ts'

const stuck = { timeout: 60_000 }
const KiB = 1024
let house: TestHouse
/** The server's ends of all connections, in the order in which they came. */
let ends: Socket[]

async function open(limits: Record<string, string>, clock = fakeClock()): Promise<[ada: Person, bob: Person]> {
  const all = { POSTSPERSECOND: '100000', POSTBURST: '100000', ...limits }
  house = await startHouse({
    clock,
    settings: Object.fromEntries(Object.entries(all).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])),
  })
  ends = []
  house.service.server.on('secureConnection', (socket: TLSSocket) => ends.push(socket))
  const [ada, bob] = await house.people('ada', 'bob')
  for (const one of [ada, bob]) one.token = (await house.service.house.tokens.token(one.login, { expiresAt: one.login.expiresAt })).token
  return [ada, bob]
}
afterEach(() => house.close())

const json = (given: object) => frame(JSON.stringify(given))
/** The server has read all that it means to read for now: others were answered often enough in between. */
async function quiet(bob: RawClient, of: Socket): Promise<void> {
  let [before, same] = [-1, 0]
  for (let ref = 1; same < 20; ref++) {
    bob.say(json({ type: 'history', ref, room: 'x' })) // asks the store, so that it is answered behind what others asked of it
    await bob.hears({ ref })
    const now = of.bytesRead + of.bytesWritten
    same = now === before ? same + 1 : 0
    before = now
  }
}

/** Lets time pass until something has come true. */
async function passUntil(done: Promise<void>, clock: ReturnType<typeof fakeClock>, honest: RawClient, step = 10_000): Promise<void> {
  let isDone = false
  void done.then(() => {
    isDone = true
  })
  while (!isDone) {
    clock.pass(step)
    house.service.wheel.turn()
    await quiet(honest, ends[0] as Socket)
  }
}

/** Every answer so far and to come, by ref; ends when the connection does. */
function answersOf(client: RawClient): { byRef: Map<number, number>; codes: Map<string, number>; all: (count: number) => Promise<void> } {
  const [byRef, codes] = [new Map<number, number>(), new Map<string, number>()]
  const waiting: { count: number; resolve: () => void }[] = []
  void (async () => {
    for (let said = await client.frame(); said; said = await client.frame()) {
      if (said.opcode !== 1) continue
      const { type, ref, code } = JSON.parse(String(said.payload)) as { type: string; ref: number; code?: string }
      if (type !== 'ok' && type !== 'refused') continue
      byRef.set(ref, (byRef.get(ref) ?? 0) + 1)
      codes.set(code ?? 'ok', (codes.get(code ?? 'ok') ?? 0) + 1)
      for (const { count, resolve } of waiting) if (byRef.size >= count) resolve()
    }
  })()
  return {
    byRef,
    codes,
    all: (count) => new Promise((resolve) => void (byRef.size >= count ? resolve() : waiting.push({ count, resolve }))),
  }
}

test('a flood of frames is read at its rate, and is answered in the end, each frame once (WSF-06, WSF-09)', stuck, async () => {
  const clock = fakeClock()
  const [ada, bob] = await open({ FRAMESPERSECOND: '100', PENDING: '100000' }, clock)
  const [flood, honest] = [await enter(house.service.port, ada.token), await enter(house.service.port, bob.token)]
  const frames = Array.from({ length: 20_000 }, (_, i) => json({ type: 'ping', ref: i + 1 }))
  const chunk = Math.ceil((64 * KiB) / (frames[0]?.length ?? 1))
  const answers = answersOf(flood)
  flood.say(Buffer.concat(frames))
  for (let second = 0; second < 5; second++) {
    await quiet(honest, ends[0] as Socket)
    assert.ok(answers.byRef.size <= 200 + second * 100 + chunk, `${answers.byRef.size} were served after ${second} s`)
    clock.pass(1000)
    house.service.wheel.turn()
  }
  await passUntil(answers.all(frames.length), clock, honest)
  assert.ok([...answers.byRef.values()].every((times) => times === 1))
  for (const client of [flood, honest]) client.hangUp()
})

for (const [what, opcode] of [
  ['pings', 9],
  ['pongs', 10],
] as const) {
  test(`a flood of ${what} is read at the rate of frames (WSF-06)`, stuck, async () => {
    const [ada, bob] = await open({ FRAMESPERSECOND: '100' })
    const [flood, honest] = [await enter(house.service.port, ada.token), await enter(house.service.port, bob.token)]
    flood.say(Buffer.concat(Array.from({ length: 100_000 }, () => frame('x'.repeat(125), { opcode }))))
    await quiet(honest, ends[0] as Socket)
    const { bytesRead } = ends[0] as Socket
    assert.ok(bytesRead < 512 * KiB, `${bytesRead} bytes were read of 13 MB`)
    for (const client of [flood, honest]) client.hangUp()
  })
}

test('one who pings and never reads is cut off before the pongs fill anything (WSF-06)', stuck, async () => {
  const [ada] = await open({ FRAMESPERSECOND: '1000000' })
  const flood = await enter(house.service.port, ada.token)
  flood.socket.pause()
  let most = 0
  const watch = setInterval(() => {
    most = Math.max(most, ends[0]?.writableLength ?? 0)
  })
  for (let i = 0; i < 100 && !flood.socket.destroyed; i++) {
    flood.say(Buffer.concat(Array.from({ length: 2000 }, () => frame('x'.repeat(125), { opcode: 9 }))))
  }
  while (!(ends[0] as Socket).destroyed) await new Promise(setImmediate)
  clearInterval(watch)
  assert.ok(most < 512 * KiB, `${most} bytes waited`)
  flood.hangUp()
})

test(
  'one who asks for pages and never reads them costs a bounded queue, and nothing is read from it meanwhile (WSF-08, WSF-09)',
  stuck,
  async () => {
    const clock = fakeClock()
    const [ada, bob] = await open({ FRAMESPERSECOND: '200' }, clock)
    const room = await house.room('long', [ada])
    const [flood, honest] = [await enter(house.service.port, ada.token), await enter(house.service.port, bob.token)]
    for (let i = 0; i < 40; i++) {
      flood.say(json({ type: 'post', ref: i + 1, room, key: `0123456789abcdef${i}`, text: `${i} ${'x'.repeat(7900)}` }))
      await flood.hears({ ref: i + 1 })
    }
    flood.socket.pause()
    const asks = 3000
    flood.say(Buffer.concat(Array.from({ length: asks }, (_, i) => json({ type: 'history', ref: 1000 + i, room }))))
    let most = 0
    const weigh = () => {
      const [seen] = house.service.gateway.inspect(ada.login.id)
      most = Math.max(most, (seen?.queued ?? 0) + (seen?.writable ?? 0))
    }
    const watch = setInterval(weigh)
    // Time passes, and with it what the rate of frames had stopped; what is not read is a reason of its own.
    for (let second = 0; second < 10; second++) {
      await quiet(honest, ends[0] as Socket)
      weigh()
      clock.pass(1000)
      house.service.wheel.turn()
    }
    clearInterval(watch)
    assert.ok(most < 2048 * KiB, `${most} bytes wait for somebody who does not read`)
    // Whoever reads again is answered: everything, once.
    flood.socket.resume()
    const answers = answersOf(flood)
    await passUntil(answers.all(asks), clock, honest, 2000)
    assert.ok([...answers.byRef.values()].every((times) => times === 1))
    for (const client of [flood, honest]) client.hangUp()
  },
)

test('of more requests than may wait for an answer the surplus is refused with a time, and each hears once (WSF-09)', stuck, async () => {
  const [ada] = await open({ PENDING: '8', FRAMESPERSECOND: '100000' })
  const room = await house.room('tea', [ada])
  const client = await enter(house.service.port, ada.token)
  const answers = answersOf(client)
  client.say(Buffer.concat(Array.from({ length: 500 }, (_, i) => json({ type: 'history', ref: i + 1, room }))))
  await answers.all(500)
  assert.ok([...answers.byRef.values()].every((times) => times === 1))
  assert.deepEqual([...answers.codes.keys()].sort(), ['ok', 'too_many_pending'])
  assert.ok((answers.codes.get('ok') ?? 0) >= 8)
  client.say(json({ type: 'ping', ref: 501 }))
  await answers.all(501)
  client.hangUp()
})

test('one who comes and goes without end is slowed like one who posts without end (WSF-10)', stuck, async () => {
  const [ada] = await open({ FRAMESPERSECOND: '100000', POSTSPERSECOND: '10', POSTBURST: '20' })
  const room = await house.room('park', [], 'public')
  const client = await enter(house.service.port, ada.token)
  const answers = answersOf(client)
  for (let i = 0; i < 100; i++) {
    client.say(json({ type: i % 2 === 0 ? 'join' : 'leave', ref: i + 1, room }))
    await answers.all(i + 1)
  }
  assert.equal(answers.codes.get('ok'), 20)
  assert.ok((answers.codes.get('rate_limited') ?? 0) > 0)
  client.hangUp()
})

test('one who flips between active and away tells the others once a second, and the last of it', stuck, async () => {
  const clock = fakeClock()
  const [ada, bob] = await open({ FRAMESPERSECOND: '100000' }, clock)
  await house.room('tea', [ada, bob])
  const [honest, flips] = [await enter(house.service.port, ada.token), await enter(house.service.port, bob.token)]
  await honest.hears({ type: 'presence' })
  const told: string[] = []
  void (async () => {
    for (let said = await honest.frame(); said; said = await honest.frame()) {
      const { type, accounts } = JSON.parse(String(said.payload)) as { type: string; accounts: { account: string; state: string }[] }
      if (type === 'presence') told.push(...accounts.filter(({ account }) => account === bob.account.id).map(({ state }) => state))
    }
  })()
  const answers = answersOf(flips)
  for (let i = 0; i < 301; i++) flips.say(json({ type: 'presence', ref: i + 1, state: i % 2 === 0 ? 'away' : 'active' }))
  await answers.all(301)
  const before = told.length
  assert.ok(before <= 2, `${before} were told at once`)
  while (told.at(-1) !== 'away') {
    clock.pass(250)
    house.service.wheel.turn()
    await new Promise(setImmediate)
  }
  assert.ok(told.length <= before + 1)
  for (const client of [honest, flips]) client.hangUp()
})
