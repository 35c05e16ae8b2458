import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { Guest } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
let ada: Person
let bob: Person
let eve: Person
const operator = { account: 'parley' }

beforeEach(async () => {
  house = await startHouse({ settings: { PARLEY__LIMITS__POSTSPERSECOND: '100000', PARLEY__LIMITS__POSTBURST: '100000' } })
  ;[ada, bob, eve] = await house.people('ada', 'bob', 'eve')
})
afterEach(() => house.close())

/** From now on the store's answer about one person's room takes as long as it is told to. */
function holdAnswersAbout(person: Person): { asked: () => boolean; release: () => void } {
  const { rooms } = house.service.house
  const { find } = rooms
  const { promise, resolve } = Promise.withResolvers<void>()
  let asked = false
  rooms.find = async (account, room) => {
    const state = await find(account, room)
    if (account !== person.account.id) return state
    asked = true
    await promise
    return state
  }
  return {
    asked: () => asked,
    release() {
      rooms.find = find
      resolve()
    },
  }
}

/** What was said of a room after it had gone. */
function afterwards({ frames }: Guest, room: string): unknown[] {
  const gone = frames.findIndex((frame) => frame.type === 'room' && (frame.room as { gone?: boolean }).gone === true)
  assert.ok(gone >= 0, 'it did not hear that the room is gone')
  return frames.slice(gone + 1).filter((frame) => JSON.stringify(frame).includes(room))
}

async function ends(...guests: Guest[]): Promise<void> {
  for (let i = 0; i < 20; i++) await turnEnd()
  for (const guest of guests) await guest.ask('ping')
}

test('who is removed while heads are being counted for others hears nothing of the room any more (REV-05, AZN-06)', async () => {
  const room = await house.room('tea', [ada, bob, eve])
  const [e, a, b] = [await house.connect(eve), await house.connect(ada), await house.connect(bob)]
  const held = holdAnswersAbout(ada)
  await b.post(room, 'where are you, @ada?')
  const ticking = house.service.gateway.tick()
  while (!held.asked()) await turnEnd()
  await house.service.house.rooms.remove(operator, room, eve.account.id)
  await e.hears('room')
  held.release()
  await ticking
  await ends(e, a)
  assert.deepEqual(afterwards(e, room), [])
  assert.ok(a.frames.some(({ type }) => type === 'heads'))
})

test('marks of one’s own that wait for the next second do not come after the removal (REV-05)', async () => {
  const room = await house.room('tea', [ada, eve])
  const [e, phone] = [await house.connect(eve), await house.connect(await house.login(eve.account))]
  await e.post(room, 'mine')
  await house.service.house.rooms.remove(operator, room, eve.account.id)
  await phone.hears('room')
  await house.service.gateway.tick()
  await ends(phone)
  assert.deepEqual(afterwards(phone, room), [])
})

test('a room that changes without end is read once at a time for its members, and the last of it is told', async () => {
  const room = await house.room('tea', [ada])
  const a = await house.connect(ada)
  const { rooms } = house.service.house
  const { find } = rooms
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let [asking, most] = [0, 0]
  rooms.find = async (account, id) => {
    most = Math.max(most, ++asking)
    await held
    return find(account, id).finally(() => asking--)
  }
  for (let i = 0; i < 30; i++) await rooms.setRole(operator, room, ada.account.id, i % 2 === 0 ? 'moderator' : 'member')
  release()
  await rooms.setRole(operator, room, ada.account.id, 'owner')
  await a.until(({ type, room }) => type === 'room' && (room as { role?: string }).role === 'owner', 'the last role')
  assert.equal(most, 1)
  rooms.find = find
})

test('an answer about a room that comes after the removal does not bring the room back (REV-05)', async () => {
  const room = await house.room('tea', [ada, eve])
  const e = await house.connect(eve)
  const held = holdAnswersAbout(eve)
  await house.service.house.rooms.setRole(operator, room, eve.account.id, 'moderator')
  while (!held.asked()) await turnEnd()
  await house.service.house.rooms.remove(operator, room, eve.account.id)
  await e.hears('room')
  held.release()
  await ends(e)
  assert.deepEqual(afterwards(e, room), [])
})

test('a page of history that was read before the removal is not handed out after it (REV-05)', async () => {
  const room = await house.room('tea', [ada, eve])
  const [a, e] = [await house.connect(ada), await house.connect(eve)]
  await a.post(room, 'while she is here')
  const { messages } = house.service.house
  const { history } = messages
  const { promise, resolve } = Promise.withResolvers<void>()
  messages.history = async (...asked) => {
    const page = await history(...asked)
    await promise
    return page
  }
  const answer = e.ask('history', { room, limit: 50 })
  await ends(a)
  await house.service.house.rooms.remove(operator, room, eve.account.id)
  await e.hears('room')
  resolve()
  const { type, code } = await answer
  assert.deepEqual({ type, code }, { type: 'refused', code: 'no_such_room' })
})
