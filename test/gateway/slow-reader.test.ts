import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { type Guest, newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
let ada: Person
let bob: Person
let room: string

beforeEach(async () => {
  const fast = { POSTSPERSECOND: '100000', POSTBURST: '100000', PENDING: '2000', FRAMESPERSECOND: '100000', QUEUEBYTES: '65536' }
  house = await startHouse({
    settings: Object.fromEntries(Object.entries(fast).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])),
  })
  ;[ada, bob] = await house.people('ada', 'bob')
  room = await house.room('flood', [ada, bob])
})
afterEach(() => house.close())

/** Posts `count` texts of 8 KB and awaits all answers. */
async function flood(a: Guest, count: number): Promise<void> {
  const refs = Array.from({ length: count }, (_, i) => a.say('post', { room, key: newKey(), text: `${i} ${'x'.repeat(7900)}` }))
  for (const ref of refs) assert.equal((await a.answerTo(ref)).type, 'ok')
}

const serverSide = (person: Person) => [...(house.service.gateway.inspect(person.login.id) ?? [])][0] ?? assert.fail('is not connected')

/** Behind, and with a socket that takes nothing more: a burst alone may leave a reader behind for a moment. */
function isStuck(person: Person): boolean {
  const { behind, writable } = serverSide(person)
  return behind && writable > 0
}

/** Until it stays so over two floods. */
async function floodUntilStuck(a: Guest): Promise<void> {
  for (let round = 0, stuck = 0; round < 24 && stuck < 2; round++) {
    await flood(a, 150)
    stuck = isStuck(bob) ? stuck + 1 : 0
  }
}

test('a reader that stops reading costs a bounded queue, and when it reads again it gets all of it once, in order (WSF-08)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.socket.pause()
  for (let round = 0; round < 8; round++) {
    await flood(a, 150)
    const { queued, writable } = serverSide(bob)
    assert.ok(queued < 512 * 1024, `${queued} bytes wait in the queue`)
    assert.ok(writable < 2 * 1024 * 1024, `${writable} bytes wait in the socket`)
  }
  b.socket.resume()
  await b.until((frame) => frame.type === 'notice' && frame.code === 'slow_reader')
  const { seq } = await a.post(room, 'the end')
  await b.until((frame) => frame.type === 'events' && (frame.events as RoomEvent[]).some((event) => event.seq === seq), 'the last event')
  assert.deepEqual(
    b.events(room).map((event) => event.seq),
    Array.from({ length: seq as number }, (_, i) => i + 1),
  )
  await a.post(room, 'live again')
  await b.hearsText('live again')
  assert.equal(serverSide(bob).behind, false)
})

test('a reader that is shown out while it is behind gets nothing more of the room (REV-05)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.socket.pause()
  await floodUntilStuck(a)
  assert.equal(serverSide(bob).behind, true)
  const removed = await house.service.house.rooms.remove({ account: 'parley' }, room, bob.account.id)
  await a.post(room, 'now that he is gone')
  b.socket.resume()
  await b.until((frame) => frame.type === 'room' && (frame.room as { gone?: boolean }).gone === true)
  await b.ask('ping')
  assert.ok(b.events(room).every(({ seq }) => seq <= removed.seq))
  assert.ok(!JSON.stringify(b.frames).includes('now that he is gone'))
})

test('a login that ends while its reader is stuck gets nothing of what was queued (REV-01, REV-02)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.socket.pause()
  await floodUntilStuck(a)
  assert.ok(isStuck(bob))
  await house.service.house.logins.end({ ids: [bob.login.id] }, 'ended')
  b.socket.resume()
  assert.equal((await b.ended()).code, 1006)
})
