import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { chance, often, seedOf } from './chance.ts'
import { enter, frame, RawClient, upgradeText } from './raw.ts'
import { unhurried } from './unhurried.ts'

const guard = { timeout: often(300_000) }
let house: TestHouse
let ada: Person
let bob: Person
/** The server's ends of the connections, by the port at the other end. */
const ends = new Map<number, Socket>()

before(async () => {
  const limits = unhurried('PENDING', 'LOGINSPERACCOUNT')
  // What a machine that is busy with other tests does late is late, not wrong.
  const late = { PARLEY__TIMEOUTS__HANDSHAKE: '60s' }
  house = await startHouse({ settings: { ...limits, ...late, PARLEY__LIMITS__QUEUEBYTES: '65536' } })
  house.service.server.on('secureConnection', (socket: TLSSocket) => ends.set(socket.remotePort as number, socket))
  ;[ada, bob] = await house.people('ada', 'bob')
})
after(() => house.close())

const endOf = (client: RawClient): Socket => ends.get(client.socket.localPort as number) ?? assert.fail('no such connection')
const json = (given: object) => frame(JSON.stringify(given))
const turns = async (n: number) => {
  for (let i = 0; i < n; i++) await turnEnd()
}
const lastOf = async (room: string) =>
  (await house.service.house.store.db.selectFrom('head').select('last').where('room', '=', room).executeTakeFirstOrThrow()).last
const written = (room: string, by: string, after: number) =>
  house.service.house.store.db
    .selectFrom('event')
    .select(['seq', 'kind'])
    .where('room', '=', room)
    .where('account', '=', by)
    .where('seq', '>', after)
    .execute()

/** All that a client was told until its connection was over. */
async function everything(client: RawClient): Promise<{ events: RoomEvent[]; types: string[] }> {
  const events: RoomEvent[] = []
  const types: string[] = []
  for (let next = await client.frame(); next; next = await client.frame()) {
    if (next.opcode === 8) client.say(frame(next.payload, { opcode: 8 }))
    if (next.opcode !== 1) continue
    const said = JSON.parse(String(next.payload)) as { type: string; events?: RoomEvent[] }
    types.push(said.type)
    if (said.type === 'events') events.push(...(said.events ?? []))
  }
  return { events, types }
}

/** Somebody who talks without a pause, several at a time, until told to stop. */
function chatter(client: RawClient, room: string, length = 500): () => Promise<void> {
  let isTalking = true
  let ref = 1000
  const done = (async () => {
    while (isTalking) {
      const first = ref
      for (let i = 0; i < 10; i++)
        client.say(json({ type: 'post', ref: ref++, room, key: newKey(), text: `${first} ${'x'.repeat(length)}` }))
      await client.hears({ ref: ref - 1 }).catch(() => undefined)
      if (client.socket.destroyed) return
    }
  })()
  return () => {
    isTalking = false
    return done
  }
}

test('a login that ends while its socket is being opened is left with none, whenever it ends (REV-04)', guard, async (t) => {
  const luck = chance(seedOf(t))
  const { logins, rooms } = house.service.house
  const [find, list] = [logins.find, rooms.list]
  // Anybody's question to the store may take a while, this time or that: longer than an ending, or hardly at all.
  const aWhile = () => turns(luck.below(luck.below(2) === 0 ? 4 : 400))
  const slowly =
    <A extends unknown[], R>(ask: (...given: A) => Promise<R>) =>
    async (...given: A) => {
      await aWhile()
      const answer = await ask(...given)
      await aWhile()
      return answer
    }
  logins.find = slowly(find)
  rooms.list = slowly(list)
  const outcomes = new Map<string, number>()
  async function race(): Promise<void> {
    const { login, token } = await house.login(bob.account)
    const client = await RawClient.dial(house.service.port)
    client.say(upgradeText(house.service.port, { headers: { Authorization: `Bearer ${token}` } })).say(json({ type: 'ping', ref: 1 }))
    await turns(luck.below(40))
    const ended = await logins.end({ ids: [login.id] }, 'ended')
    assert.equal(ended.logins, 1)
    const { status } = await client.answer()
    assert.ok(status === 101 || status === 401, `${status}`)
    const { types } = status === 101 ? await everything(client) : { types: [] as string[] }
    client.hangUp()
    assert.deepEqual(house.service.gateway.inspect(login.id), [])
    const outcome = status === 401 ? 'refused' : types.includes('welcome') ? 'ended after the welcome' : 'ended before the welcome'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  try {
    const isBoth = () => outcomes.has('refused') && outcomes.size > 1
    for (let round = 0; round < often(20, 8) || (round < often(20) && !isBoth()); round++)
      await Promise.all(Array.from({ length: 25 }, race))
  } finally {
    logins.find = find
    rooms.list = list
  }
  t.diagnostic([...outcomes].map(([what, times]) => `${what}: ${times}`).join(', '))
  assert.ok(outcomes.has('refused') && outcomes.size > 1, 'the race was run on both sides of the 101')
})

test('who is removed while everybody talks writes nothing after it and hears nothing after the own `left` (REV-05)', guard, async (t) => {
  const luck = chance(seedOf(t))
  const { rooms } = house.service.house
  const operator = { account: 'parley' }
  for (let round = 0; round < often(12, 5); round++) {
    const room = await house.room(`removal ${round}`, [ada, bob])
    const [a, b, deaf] = [
      await enter(house.service.port, ada.token),
      await enter(house.service.port, bob.token),
      await enter(house.service.port, bob.token),
    ]
    for (const one of [b, deaf]) {
      one.say(json({ type: 'open', ref: 1, rooms: [{ room }] }))
      await one.hears({ ref: 1 })
    }
    const heard = everything(deaf)
    const stops = [chatter(a, room), chatter(b, room)]
    await turns(luck.below(40))
    const { seq } = await rooms.remove(operator, room, bob.account.id)
    await turns(luck.below(40))
    for (const stop of stops) await stop()
    assert.deepEqual(await written(room, bob.account.id, seq), [], 'something was written after the removal')
    deaf.say(json({ type: 'bye', ref: 2 }))
    const { events, types } = await heard
    assert.ok(
      events.every((event) => event.seq <= seq),
      `heard ${events.at(-1)?.seq} after the own left at ${seq}`,
    )
    assert.equal(events.at(-1)?.kind, 'left')
    assert.ok(types.lastIndexOf('room') > types.lastIndexOf('events'), 'the room goes after its last event')
    for (const client of [a, b, deaf]) client.hangUp()
  }
})

const readers = ['idle', 'busy', 'paused', 'paused and leaving'] as const
for (const kind of readers) {
  const rounds = { idle: 20, busy: 10, paused: 3, 'paused and leaving': 4 }[kind]
  test(
    `after the call that ends a login has returned not a byte more is handed over: ${kind} reader (REV-01, REV-02)`,
    guard,
    async (t) => {
      const luck = chance(seedOf(t))
      const { logins } = house.service.house
      for (let round = 0; round < often(rounds, Math.ceil(rounds / 2)); round++) {
        const person = await house.login(bob.account)
        const room = await house.room(`${kind} ${round}`, [ada, bob])
        const [a, b] = [await enter(house.service.port, ada.token), await enter(house.service.port, person.token)]
        b.say(json({ type: 'open', ref: 1, rooms: [{ room }] }))
        await b.hears({ ref: 1 })
        const server = endOf(b)
        const isStuck = kind.startsWith('paused')
        const stops = kind === 'idle' ? [] : [chatter(a, room, isStuck ? 7900 : 500)]
        if (kind === 'busy') stops.push(chatter(b, room))
        if (isStuck) {
          b.socket.pause()
          // Until the kernel takes no more, and what is for bob waits in the server.
          for (let still = 0; still < 50; still = server.writableLength > 0 ? still + 1 : 0) await turnEnd()
        }
        if (kind === 'paused and leaving') {
          b.say(frame('x', { opcode: 2 }))
          await turns(luck.below(6))
        }
        await turns(luck.below(20))
        const handedOver: Buffer[] = []
        await logins.end({ ids: [person.login.id] }, 'ended')
        const { write } = server
        server.write = (bytes: Buffer | string, ...rest: unknown[]) => {
          handedOver.push(Buffer.from(bytes))
          return Reflect.apply(write, server, [bytes, ...rest]) as boolean
        }
        const last = await lastOf(room)
        assert.ok(server.destroyed || server.writableLength < 100, `${server.writableLength} bytes still wait for the kernel`)
        await turns(luck.below(20))
        if (kind === 'busy') b.hangUp()
        for (const stop of stops) await stop()
        b.socket.resume()
        if (kind !== 'busy') {
          const { events } = await everything(b)
          assert.ok(
            events.every(({ seq }) => seq <= last),
            `heard ${events.at(-1)?.seq}, and the last before the end was ${last}`,
          )
        }
        await b.closed
        assert.ok(
          handedOver.every((bytes) => bytes[0] === 0x88),
          'a frame was written after the end',
        )
        assert.deepEqual(await written(room, bob.account.id, last), [], 'something was written to the store after the end')
        for (const client of [a, b]) client.hangUp()
      }
    },
  )
}
