import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { Inlet } from '../../src/gateway/inlet.ts'
import type { Refused } from '../../src/protocol/server-frames.ts'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { enter, frame, knock, RawClient, upgradeText } from './raw.ts'
import { unhurried } from './unhurried.ts'

let house: TestHouse
let ada: Person
let bob: Person
let port: number
let room: string
/** The server's ends of the connections, by the port at the other end. */
const ends = new Map<number, Socket>()

before(async () => {
  house = await startHouse({ settings: unhurried() })
  ;[ada, bob] = await house.people('ada', 'bob')
  room = await house.room('tea', [ada, bob], 'public')
  port = house.service.port
  house.service.server.on('secureConnection', (socket: TLSSocket) => ends.set(socket.remotePort as number, socket))
})
after(() => house.close())

const json = (given: object) => frame(JSON.stringify(given))
const endOf = (client: RawClient): Socket => ends.get(client.socket.localPort as number) ?? assert.fail('no such connection')
let said = 0
/** What one posts the other hears. */
async function goOn(one: RawClient, other: RawClient): Promise<void> {
  const text = `still here ${++said}`
  one.say(json({ type: 'post', ref: 1_000_000 + said, room, key: newKey(), text }))
  for (;;) {
    const { events } = (await other.hears({ type: 'events' })) as { events: { text?: string }[] }
    if (events.some((event) => event.text === text)) return
  }
}
async function listener(): Promise<RawClient> {
  const client = await enter(port, bob.token)
  client.say(json({ type: 'open', ref: 1, rooms: [{ room }] }))
  await client.hears({ ref: 1 })
  return client
}

/** Everything that a frame makes somebody else do, and a frame that does it. */
function acts(): [on: object, name: string, frame: object][] {
  const { messages, rooms, tokens } = house.service.house
  const key = () => newKey()
  return [
    [messages, 'open', { type: 'open', rooms: [{ room }] }],
    [messages, 'post', { type: 'post', room, key: key(), text: 'x' }],
    [messages, 'edit', { type: 'edit', room, key: key(), seq: 1, text: 'x' }],
    [messages, 'remove', { type: 'remove', room, key: key(), seq: 1 }],
    [messages, 'react', { type: 'react', room, key: key(), seq: 1, emoji: '👍', on: true }],
    [messages, 'read', { type: 'read', room, seq: 1 }],
    [messages, 'history', { type: 'history', room }],
    [messages, 'typing', { type: 'typing', room }],
    [rooms, 'members', { type: 'typing', room: 'elsewhere' }],
    [rooms, 'join', { type: 'join', room }],
    [rooms, 'leave', { type: 'leave', room }],
    [tokens, 'readToken', { type: 'renew', token: 'x' }],
  ]
}
const throws: [how: string, fault: () => unknown][] = [
  [
    'at once',
    () => {
      throw new Error('at once: hunter2')
    },
  ],
  ['later', () => Promise.reject(new Error('later: hunter2'))],
  ['with nothing in hand', () => Promise.reject(undefined)],
  ['much later', () => turnEnd().then(() => Promise.reject(new TypeError('much later: hunter2')))],
]
for (const [how, fault] of throws) {
  test(`a handler that throws ${how} is \`internal\` for its own frame, and everybody goes on (WSF-13)`, async () => {
    const [a, b] = [await enter(port, ada.token), await listener()]
    for (const [i, [on, name, given]] of acts().entries()) {
      const original = Reflect.get(on, name)
      Reflect.set(on, name, fault)
      try {
        a.say(json({ ...given, ref: i + 1 }))
        const refused = await a.hears({ ref: i + 1 })
        assert.deepEqual([refused.type, refused.code], ['refused', 'internal'], name)
        assert.ok(!JSON.stringify(refused).includes('hunter2'))
      } finally {
        Reflect.set(on, name, original)
      }
      await goOn(a, b)
    }
    for (const client of [a, b]) client.hangUp()
  })
}

test('a socket that fails takes down itself, whatever it was at (WSF-13)', async () => {
  const [a, b] = [await enter(port, ada.token), await listener()]
  const faults: ((end: Socket) => unknown)[] = [
    (end) => end.destroy(new Error('EPIPE on purpose')),
    (end) => end.emit('error', new Error('an error on purpose')),
    (end) => {
      end.emit('error', new Error('one'))
      end.destroy(new Error('two'))
    },
  ]
  for (const fail of faults) {
    const broken = await listener()
    const gone = new Promise((resolve) => endOf(broken).once('close', resolve))
    broken.say(json({ type: 'history', ref: 2, room }))
    fail(endOf(broken))
    await gone
    broken.hangUp()
    await goOn(a, b)
  }
  while (house.service.connections() > 2) await turnEnd()
  for (const client of [a, b]) client.hangUp()
})

test('so does one that fails while it is being checked (WSF-13)', async () => {
  const [a, b] = [await enter(port, ada.token), await listener()]
  const { logins } = house.service.house
  const { find } = logins
  const fails: ((end: Socket) => unknown)[] = [
    (end) => end.destroy(new Error('on purpose')),
    (end) => end.emit('error', new Error('on purpose')),
  ]
  for (const fail of fails) {
    const early = await RawClient.dial(port)
    logins.find = async (id) => {
      fail(endOf(early))
      return find(id)
    }
    assert.equal((await early.say(upgradeText(port, { headers: { Authorization: `Bearer ${ada.token}` } })).answer()).status, 0)
    logins.find = find
    await goOn(a, b)
  }
  logins.find = async () => Promise.reject(undefined)
  assert.equal((await knock(port, { headers: { Authorization: `Bearer ${ada.token}` } })).status, 503)
  logins.find = find
  for (const client of [a, b]) client.hangUp()
})

test('a frame whose reading itself fails is answered, and the third of them ends the connection (WSF-13)', () => {
  const heard: Refused[] = []
  const failed: unknown[] = []
  let hasGivenUp = false
  const inlet = new Inlet({
    limits: () => {
      throw new Error('no settings')
    },
    handle: () => assert.fail('was handled'),
    reply: () => assert.fail('was answered'),
    refuse: (refused) => void heard.push(refused),
    giveUp: () => {
      hasGivenUp = true
    },
    failed: (error) => void failed.push(error),
    answered: () => undefined,
  })
  for (let i = 0; i < 3; i++) {
    assert.equal(hasGivenUp, false)
    inlet.receive('{"type":"ping","ref":1}')
  }
  assert.equal(hasGivenUp, true)
  assert.deepEqual(
    heard.map(({ ref, code }) => [ref, code]),
    Array.from({ length: 3 }, () => [0, 'internal']),
  )
  assert.equal(failed.length, 3)
})
