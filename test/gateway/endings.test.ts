import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { EndedWhy } from '../../src/identity/logins.ts'
import { fakeClock, startHouse, type TestHouse } from '../support/house.ts'

const minute = 60_000
const day = 24 * 60 * minute
let house: TestHouse
let clock: ReturnType<typeof fakeClock>

beforeEach(async () => {
  clock = fakeClock()
  house = await startHouse({ clock })
})
afterEach(() => house.close())

const codes: [EndedWhy, number][] = [
  ['signed_out', 4300],
  ['ended', 4301],
  ['password_changed', 4301],
  ['role_lowered', 4301],
  ['account_disabled', 4302],
]
for (const [why, code] of codes) {
  test(`a login that is ended (${why}) takes its own connections with it, with ${code}, and no others (REV-01, REV-08)`, async () => {
    const ada = await house.person('ada')
    const phone = await house.login(ada.account)
    const bob = await house.person('bob')
    const [one, two] = [await house.connect(ada), await house.connect(ada)]
    const [other, bobs] = [await house.connect(phone), await house.connect(bob)]
    const ended = await house.service.house.logins.end({ ids: [ada.login.id] }, why)
    assert.deepEqual(ended, { logins: 1, connections: 2, unconfirmed: 0 })
    for (const guest of [one, two]) {
      assert.equal((await guest.ended()).code, code)
      assert.equal(guest.frames.at(-1)?.type, 'bye')
      assert.equal(guest.frames.at(-1)?.code, code)
    }
    assert.equal((await other.ask('ping')).type, 'ok')
    assert.equal((await bobs.ask('ping')).type, 'ok')
  })
}

test('a login ends when it has been idle for its time: pings, opens and reads are no activity, posts are (SES-07, REV-08)', async () => {
  const ada = await house.person('ada')
  const { logins, tokens } = house.service.house
  const begin = (idleMs: number) => logins.begin({ account: ada.account.id, credential: 'cookie', label: '', address: '', idleMs })
  const [quiet, busy] = [await begin(30 * minute), await begin(30 * minute)]
  const room = await house.room('tea', [ada])
  const until = { expiresAt: clock.now() + 5 * day }
  const a = await house.connect({ ...ada, login: quiet, ...(await tokens.token(quiet, until)) })
  const b = await house.connect({ ...ada, login: busy, ...(await tokens.token(busy, until)) })
  for (let passed = 0; passed < 30; passed += 10) {
    await a.ask('ping')
    await a.open(room)
    await a.ask('history', { room })
    await b.post(room, `still here ${passed}`)
    clock.pass(10 * minute)
    house.service.wheel.turn()
  }
  assert.equal((await a.ended()).code, 4201)
  assert.equal((await b.ask('ping')).type, 'ok')
  assert.equal(await logins.find(quiet.id), undefined)
})

test('a login ends at its full age, however busy it is (SES-08)', async () => {
  const ada = await house.person('ada')
  const room = await house.room('tea', [ada])
  const { token } = await house.service.house.tokens.token(ada.login, { expiresAt: ada.login.expiresAt })
  const a = await house.connect({ ...ada, token })
  for (let i = 0; i < 14; i++) {
    await a.post(room, `day ${i}`)
    clock.pass(day)
    house.service.wheel.turn()
  }
  const { code } = await a.ended()
  assert.ok([4200, 4202].includes(code), `closed with ${code}`)
  assert.equal(await house.service.house.logins.find(ada.login.id), undefined)
})

test('a program is asked for a new token in time; with one it stays, without one it is closed with 4200 (JWT-05)', async () => {
  const ada = await house.person('ada')
  const [keeps, forgets] = [await house.connect(ada), await house.connect(ada)]
  clock.pass(9 * minute)
  house.service.wheel.turn()
  const asked = await keeps.hears('renew')
  assert.equal(asked.before, (keeps.frames[0]?.login as { tokenExpiresAt: number } | undefined)?.tokenExpiresAt)
  const { token, expiresAt } = await house.service.house.tokens.token(ada.login)
  assert.equal((await keeps.ask('renew', { token })).expiresAt, expiresAt)
  clock.pass(2 * minute)
  house.service.wheel.turn()
  assert.equal((await forgets.ended()).code, 4200)
  assert.equal((await keeps.ask('ping')).type, 'ok')
})

test('a token of somebody else does not renew anything: 4304', async () => {
  const [ada, eve] = await house.people('ada', 'eve')
  const a = await house.connect(ada)
  a.say('renew', { token: eve.token })
  assert.equal((await a.ended()).code, 4304)
})

test('an ended login neither writes nor comes back, whatever was on its way (REV-04, REV-06, JWT-05)', async () => {
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  await a.post(room, 'before')
  const ending = house.service.house.logins.end({ ids: [ada.login.id] }, 'ended')
  for (let i = 0; i < 10; i++) a.say('post', { room, key: `0123456789abcde${i}`, text: `late ${i}` })
  await ending
  const atEnd = (await b.ask('history', { room })).events as object[]
  await a.ended()
  await house.service.house.logins.touch([ada.login.id], clock.now())
  assert.deepEqual((await b.ask('history', { room })).events, atEnd, 'nothing was written after the call returned')
  assert.equal(await house.refusal(ada), 401)
})

test('the sweep catches a login that ended behind the gateway’s back (REV-03, REV-07)', async () => {
  const ada = await house.person('ada')
  const a = await house.connect(ada)
  await house.service.house.store.db.updateTable('login').set({ ended_at: 1, ended_why: 'ended' }).where('id', '=', ada.login.id).execute()
  await house.service.gateway.sweep()
  assert.equal((await a.ended()).code, 4301)
})

test('a stopping server answers what it was asked, says when to come back, and closes with 1012', async () => {
  const [ada] = await house.people('ada')
  const room = await house.room('tea', [ada])
  const a = await house.connect(ada)
  const refs = Array.from({ length: 15 }, (_, i) =>
    a.say('post', { room, key: `0123456789abcde${i.toString(16)}`, text: `last words ${i}` }),
  )
  await a.answerTo(refs[0] as number)
  await house.service.drain()
  assert.equal((await a.ended()).code, 1012)
  const bye = a.frames.at(-1)
  assert.equal(bye?.type, 'bye')
  assert.ok(Array.isArray(bye?.reconnectAfterMs))
  const { n } = await house.service.house.store.db.selectFrom('head').select('n').where('room', '=', room).executeTakeFirstOrThrow()
  const acknowledged = a.frames.filter(({ type, seq }) => type === 'ok' && seq !== undefined).length
  assert.equal(acknowledged, n, 'what was written was acknowledged before the end')
})

test('activity on a page keeps the connections of the same login', async () => {
  const ada = await house.person('ada')
  const { logins, tokens } = house.service.house
  const login = await logins.begin({ account: ada.account.id, credential: 'cookie', label: '', address: '', idleMs: 30 * minute })
  const a = await house.connect({ ...ada, login, ...(await tokens.token(login, { expiresAt: clock.now() + day })) })
  for (let passed = 0; passed < 60; passed += 20) {
    clock.pass(20 * minute)
    await logins.touch([login.id], clock.now())
    house.service.wheel.turn()
    await a.ask('ping')
  }
  await house.service.gateway.sweep()
  assert.equal((await a.ask('ping')).type, 'ok')
})

test('whoever is sent away gets a slot of its own to come back in, so that they do not all come at once', async () => {
  const people = await house.people('ada', 'bob', 'mia', 'eve')
  const guests = await Promise.all(people.map((person) => house.connect(person)))
  await house.service.drain()
  const slots = await Promise.all(guests.map(async (guest) => (await guest.hears('bye')).reconnectAfterMs as [number, number]))
  slots.sort(([a], [b]) => a - b)
  assert.ok(
    slots.every(([from, to], i) => from < to && (i === 0 || from >= (slots[i - 1]?.[1] ?? 0))),
    JSON.stringify(slots),
  )
})
