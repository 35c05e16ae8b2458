import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Guest } from '../support/guest.ts'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'

const minute = 60_000
let house: TestHouse
let clock: ReturnType<typeof fakeClock>

beforeEach(async () => {
  clock = fakeClock()
  house = await startHouse({ clock, settings: { PARLEY__LIMITS__CONNECTIONSPERACCOUNT: '1000' } })
})
afterEach(() => house.close())

/** Many devices of one account, each with a token that outlives the story. */
async function devices(account: Person['account'], count: number): Promise<(Person & { guest: Guest })[]> {
  const all = []
  for (let i = 0; i < count; i++) {
    const person = await house.login(account)
    const { token } = await house.service.house.tokens.token(person.login, { expiresAt: person.login.expiresAt })
    all.push({ ...person, token, guest: await house.connect({ ...person, token }) })
  }
  return all
}

test('while the store cannot say who still holds, nobody new comes in, and after five minutes nobody stays (REV-03)', async () => {
  const ada = await house.person('ada')
  const [one] = await devices(ada.account, 1)
  const { logins } = house.service.house
  const { check, find } = logins
  const broken = () => Promise.reject(new Error('SQLITE_IOERR'))
  Object.assign(logins, { check: broken, find: broken })
  for (let passed = 0; passed < 4; passed++) {
    clock.pass(minute)
    await house.service.gateway.sweep()
    assert.equal((await one?.guest.ask('ping'))?.type, 'ok')
  }
  assert.equal(await house.refusal(one as Person), 503)
  clock.pass(minute)
  await house.service.gateway.sweep()
  assert.equal((await one?.guest.ended())?.code, 1013)
  assert.equal(house.service.connections(), 0)
  Object.assign(logins, { check, find })
  ;(await house.connect(one as Person)).ws.terminate()
})

test('a store that hangs is no better than one that fails, and is not asked again before it has answered (REV-03)', async () => {
  const ada = await house.person('ada')
  const [one] = await devices(ada.account, 1)
  const { logins } = house.service.house
  const { check } = logins
  let asked = 0
  logins.check = () => {
    asked++
    return new Promise(() => undefined)
  }
  for (let passed = 0; passed < 4; passed++) {
    void house.service.gateway.sweep()
    clock.pass(minute)
    assert.equal((await one?.guest.ask('ping'))?.type, 'ok')
  }
  clock.pass(minute)
  void house.service.gateway.sweep()
  assert.equal((await one?.guest.ended())?.code, 1013)
  assert.equal(asked, 1)
  logins.check = check
})

test('a store that answers again in time keeps everybody', async () => {
  const ada = await house.person('ada')
  const [one] = await devices(ada.account, 1)
  const { logins } = house.service.house
  const { check } = logins
  for (let round = 0; round < 3; round++) {
    logins.check = () => Promise.reject(new Error('SQLITE_BUSY'))
    clock.pass(4 * minute)
    await house.service.gateway.sweep()
    logins.check = check
    await house.service.gateway.sweep()
  }
  assert.equal((await one?.guest.ask('ping'))?.type, 'ok')
})

test('one sweep finds all that have ended, by one question, and closes them and nobody else (REV-07)', async () => {
  const ada = await house.person('ada')
  const all = await devices(ada.account, 20)
  const ended = all.filter((_, i) => i % 4 === 0)
  await house.service.house.store.db
    .updateTable('login')
    .set({ ended_at: 1, ended_why: 'ended' })
    .where(
      'id',
      'in',
      ended.map(({ login }) => login.id),
    )
    .execute()
  const { logins } = house.service.house
  const { check } = logins
  const asked: string[][] = []
  logins.check = (ids) => {
    asked.push(ids)
    return check(ids)
  }
  await house.service.gateway.sweep()
  assert.deepEqual(
    asked.map(({ length }) => length),
    [all.length],
  )
  for (const { guest } of ended) assert.equal((await guest.ended()).code, 4301)
  assert.equal(house.service.connections(), all.length - ended.length)
  for (const { guest } of all.filter((_, i) => i % 4 !== 0)) assert.equal((await guest.ask('ping')).type, 'ok')
  logins.check = check
})

test('logins that pass their age at the same time are found with one question, each at its time (REV-07)', async () => {
  const ada = await house.person('ada')
  const all = await devices(ada.account, 10)
  const { logins } = house.service.house
  const { check } = logins
  let asked = 0
  logins.check = (ids) => {
    asked++
    return check(ids)
  }
  clock.pass(14 * 24 * 60 * minute - minute)
  house.service.wheel.turn()
  for (const { guest } of all) assert.equal((await guest.ask('ping')).type, 'ok')
  assert.equal(asked, 0, 'nobody was looked up before')
  clock.pass(2 * minute)
  house.service.wheel.turn()
  for (const { guest } of all) assert.ok([4200, 4202].includes((await guest.ended()).code))
  logins.check = check
})

test('coming back means proving again: what was read is no credential, neither one’s own nor another’s (REV-06)', async () => {
  const [ada, eve] = await house.people('ada', 'eve')
  const room = await house.room('tea', [ada])
  const a = await house.connect(ada)
  const { seq, id } = await a.post(room, 'for ada alone')
  const e = await house.connect(eve)
  for (const cursor of [{ after: 0 }, { after: seq, id }, { after: (seq as number) - 1, id }]) {
    assert.equal((await e.open(room, cursor)).refused, 'no_such_room')
  }
  assert.equal((await e.ask('history', { room, around: seq })).code, 'no_such_room')
  await house.service.house.logins.end({ ids: [ada.login.id] }, 'ended')
  await a.ended()
  assert.equal(await house.refusal(ada), 401)
  const phone = await house.connect(await house.login(ada.account))
  assert.equal((await phone.open(room, { after: seq, id })).last, seq, 'with a new login the cursor is good')
  assert.ok(!JSON.stringify(e.frames).includes('for ada alone'))
})
