import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
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
async function flood(a: Guest, count: number, where = room): Promise<void> {
  const refs = Array.from({ length: count }, (_, i) => a.say('post', { room: where, key: newKey(), text: `${i} ${'x'.repeat(7900)}` }))
  for (const ref of refs) assert.equal((await a.answerTo(ref)).type, 'ok')
}

const serverSide = (person: Person) => [...(house.service.gateway.inspect(person.login.id) ?? [])][0] ?? assert.fail('is not connected')

/** Behind, and with a socket that takes nothing more: a burst alone may leave a reader behind for a moment. */
function isStuck(person: Person): boolean {
  const { behind, blocked } = serverSide(person)
  return behind && blocked
}

/** Until it stays so over two floods. */
async function floodUntilStuck(a: Guest, where = room): Promise<void> {
  for (let round = 0, stuck = 0; round < 24 && stuck < 2; round++) {
    await flood(a, 150, where)
    await a.ask('ping') // what the kernel still takes is with it by now
    stuck = isStuck(bob) ? stuck + 1 : 0
  }
}

/** Everything in the room up to what is posted now, once and in order. */
async function hearsAll(a: Guest, b: Guest): Promise<void> {
  const { seq } = await a.post(room, 'the end')
  await b.until(
    (frame) => frame.type === 'events' && frame.room === room && (frame.events as RoomEvent[]).some((event) => event.seq === seq),
    'the last event',
  )
  assert.deepEqual(
    b.events(room).map((event) => event.seq),
    Array.from({ length: seq as number }, (_, i) => i + 1),
  )
}

test('a reader that stops reading costs a bounded queue, and when it reads again it gets all of it once, in order (WSF-08)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.ws.pause()
  for (let round = 0; round < 8; round++) {
    await flood(a, 150)
    const { queued, writable } = serverSide(bob)
    assert.ok(queued < 512 * 1024, `${queued} bytes wait in the queue`)
    assert.ok(writable < 2 * 1024 * 1024, `${writable} bytes wait in the socket`)
  }
  b.ws.resume()
  await b.until((frame) => frame.type === 'notice' && frame.code === 'slow_reader')
  await hearsAll(a, b)
  await a.post(room, 'live again')
  await b.hearsText('live again')
  assert.equal(serverSide(bob).behind, false)
})

test('a reader that is shown out while it is behind gets nothing more of the room (REV-05)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.ws.pause()
  await floodUntilStuck(a)
  assert.equal(serverSide(bob).behind, true)
  const removed = await house.service.house.rooms.remove({ account: 'parley' }, room, bob.account.id)
  await a.post(room, 'now that he is gone')
  b.ws.resume()
  await b.until((frame) => frame.type === 'room' && (frame.room as { gone?: boolean }).gone === true)
  await b.ask('ping')
  assert.ok(b.events(room).every(({ seq }) => seq <= removed.seq))
  assert.ok(!JSON.stringify(b.frames).includes('now that he is gone'))
})

/** The last page that is read of `of` waits until it is let go. */
function holdPage(of: string) {
  const { reads } = house.service.house.store
  const open = reads.open
  const [asked, letGo] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  reads.open = async (account, asks) => {
    const pages = await open(account, asks)
    if (pages.some((page) => page.room === of && 'events' in page && !page.more)) {
      reads.open = open
      asked.resolve()
      await letGo.promise
    }
    return pages
  }
  return { asked: asked.promise, letGo: letGo.resolve }
}

test('a reader that gets stuck again while a page is read for it still gets everything, once and in order', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  const noise = await house.room('noise', [ada, bob])
  for (const one of [room, noise]) await b.open(one)
  b.ws.pause()
  await floodUntilStuck(a)
  const page = holdPage(room)
  b.ws.resume()
  await page.asked
  b.ws.pause()
  await floodUntilStuck(a, noise)
  for (let i = 0; i < 20; i++) await flood(a, 1) // more than may wait for him
  page.letGo()
  await turnEnd()
  b.ws.resume()
  await hearsAll(a, b)
})

test('a room that is opened by a reader who is stuck comes in order, however much of it landed meanwhile', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  const noise = await house.room('noise', [ada, bob])
  await b.open(noise)
  const page = holdPage(room)
  const ref = b.say('open', { rooms: [{ room }] })
  await page.asked
  b.ws.pause()
  await floodUntilStuck(a, noise)
  for (let i = 0; i < 20; i++) await flood(a, 1)
  page.letGo()
  await turnEnd()
  b.ws.resume()
  assert.equal((await b.answerTo(ref)).type, 'ok')
  await hearsAll(a, b)
})

test('what moved in rooms that a stuck reader does not have open is told when it has caught up', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  const aside = await house.room('aside', [ada, bob])
  await b.open(room)
  b.ws.pause()
  await floodUntilStuck(a)
  const { seq } = await a.post(aside, 'by the way')
  await house.service.gateway.tick()
  b.ws.resume()
  const headOf = (frame: { type: string; rooms?: unknown }) =>
    frame.type === 'heads' && (frame.rooms as { room: string; last: number }[]).some((head) => head.room === aside && head.last === seq)
  await b.until(headOf, 'the head of the other room')
})

test('a login that ends while its reader is stuck gets nothing of what was queued (REV-01, REV-02)', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.ws.pause()
  await floodUntilStuck(a)
  assert.ok(isStuck(bob))
  await house.service.house.logins.end({ ids: [bob.login.id] }, 'ended')
  b.ws.resume()
  assert.equal((await b.ended()).code, 1006)
})
