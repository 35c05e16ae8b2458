import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { Guest } from '../support/guest.ts'
import type { TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south, west] = [] as unknown[] as [TestHouse, TestHouse, TestHouse]
before(async () => {
  cluster = await startCluster(3)
  ;[north, south, west] = cluster.houses as [TestHouse, TestHouse, TestHouse]
})
after(() => cluster.close())

const seqs = (events: RoomEvent[]) => events.map(({ seq }) => seq)
const upTo = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i)
const texts = (events: RoomEvent[]) => events.flatMap((event) => (event.kind === 'message' ? [event.text] : []))

test('ada and bob talk through two nodes, and eve reads along on a third', async () => {
  const [ada, bob, eve] = await north.people('ada', 'bob', 'eve')
  const tea = await north.room('tea', [ada, bob, eve])
  const [a, b, e] = [await north.connect(ada), await south.connect(bob), await west.connect(eve)]
  for (const guest of [a, b, e]) await guest.open(tea)
  await a.post(tea, 'hello')
  await b.hearsText('hello')
  await b.post(tea, 'hello yourself')
  for (const guest of [a, b, e]) await guest.hearsText('hello yourself')
  assert.deepEqual(texts(e.events(tea)), ['hello', 'hello yourself'])
})

test('many write into one room through every node at once: everyone hears all of it, in order, once', async () => {
  const people = await north.people('w0', 'w1', 'w2')
  const room = await north.room('crowd', people)
  const guests = await Promise.all(people.map((person, i) => (cluster.houses[i] as TestHouse).connect(person)))
  for (const guest of guests) await guest.open(room)
  for (let i = 0; i < 15; i++) await Promise.all(guests.map((guest, at) => guest.post(room, `${at} ${i}`)))
  const last = 3 + 45
  for (const guest of guests) {
    await guest.until(() => (guest.events(room).at(-1)?.seq ?? 0) >= last, 'the last of them')
    assert.deepEqual(seqs(guest.events(room)), upTo(last))
  }
})

test('bob is brought into a room on one node while he is connected to another, and shown out again', async () => {
  const [ada, bob] = await north.people('ada2', 'bob2')
  const b = await south.connect(bob)
  const room = await north.room('attic', [ada])
  const owner = { account: ada.account.id, login: ada.login.id }
  await north.service.house.rooms.add(owner, room, bob.account.id)
  const came = await b.until((frame) => frame.type === 'room' && (frame.room as { id: string }).id === room, 'the room')
  assert.equal((came.room as { name: string }).name, 'attic')
  await b.open(room)
  await north.service.house.rooms.remove(owner, room, bob.account.id)
  await north.service.house.messages.post(owner, { room, key: 'k'.repeat(20), text: 'he is gone' })
  await b.until((frame) => frame.type === 'room' && (frame.room as { gone?: true }).gone === true, 'that it is gone')
  assert.equal((await b.open(room)).refused, 'no_such_room')
  assert.deepEqual(texts(b.events(room)), [])
})

test('a login that ends on one node ends its connections on all of them, before the call returns', async () => {
  const [ada] = await north.people('ada3')
  const guests = [await north.connect(ada), await south.connect(ada), await west.connect(ada)]
  const ended = await west.service.house.logins.end({ ids: [ada.login.id] }, 'ended')
  assert.deepEqual(ended, { logins: 1, connections: 3, unconfirmed: 0 })
  for (const guest of guests) assert.equal((await guest.ended()).code, 4301)
  assert.equal(await south.refusal(ada), 401)
})

test('the page of sign-ins shows the connections on every node', async () => {
  const [ada] = await north.people('ada4')
  const all: Guest[] = [await north.connect(ada), await south.connect(ada)]
  const open = (await west.service.connectionsOf([ada.login.id])).get(ada.login.id) ?? []
  assert.deepEqual(open.map(({ node }) => node).sort(), [north.service.node, south.service.node].sort())
  for (const guest of all) guest.ws.terminate()
})

test('a key that is thrown away on one node is good for nothing on the others', async () => {
  const own = await startCluster(2)
  const [here, there] = own.houses as [TestHouse, TestHouse]
  const [ada] = await here.people('ada')
  const guest = await there.connect(ada)
  const [key] = here.service.house.keys.list().filter(({ kind, state }) => kind === 'token' && state === 'active')
  const retired = await here.service.house.keys.retire(key?.id ?? '')
  assert.equal(retired.connections, 1)
  assert.equal((await guest.ended()).code, 4301)
  assert.equal(await there.refusal(ada), 401)
  await own.close()
})

test('a mark moves on one node, and one’s device on another hears of it; who types is seen as well', async () => {
  const [ada, bob] = await north.people('ada5', 'bob5')
  const room = await north.room('marks', [ada, bob])
  const [phone, desk, b] = [await north.connect(ada), await south.connect(ada), await west.connect(bob)]
  await desk.open(room)
  await b.post(room, 'read me')
  const message = await desk.hearsText('read me')
  await phone.ask('read', { room, seq: message.seq })
  await desk.until((frame) => frame.type === 'marks' && (frame.rooms as { read: number }[])[0]?.read === message.seq, 'the mark')
  await b.ask('typing', { room })
  await desk.hears('typing')
})

test('who is there is seen through every node, and a node that dies takes its people with it only where they are nowhere else', async () => {
  const [ada, bob] = await north.people('ada6', 'bob6')
  await north.room('porch', [ada, bob])
  const b = await south.connect(bob)
  const a = await north.connect(ada)
  const isThere = (state: string) => (frame: { type: string; [field: string]: unknown }) =>
    frame.type === 'presence' &&
    (frame.accounts as { account: string; state: string }[]).some((one) => one.account === ada.account.id && one.state === state)
  await b.until(isThere('active'), 'ada')
  const late = await west.connect(bob)
  await late.until(isThere('active'), 'ada, told to one who comes later')
  await a.ask('presence', { state: 'away' })
  await b.until(isThere('away'), 'ada away')
})
