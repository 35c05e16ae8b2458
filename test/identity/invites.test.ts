import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { day, type Household, openHousehold, password, refusal } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

const person = (name: string) => ({ name, password })
const linkOfAda = async (uses: number) => {
  const ada = (await house.accounts.find('ada')) ?? (await house.accounts.add({ name: 'ada', role: 'member' }))
  return house.invites.create({ by: ada.id, room: 'tea', uses, expiresAt: house.clock.now + day })
}

test('the first one in becomes the admin, and then there is no set-up link any more (AUT-08)', async () => {
  const link = await house.invites.setup()
  assert.ok(link)
  const root = await house.invites.acceptSetup(link.code, person('root'))
  assert.equal(root.role, 'admin')
  assert.equal(await house.invites.setup(), undefined)
  await assert.rejects(house.invites.acceptSetup(link.code, person('eve')), refusal('forbidden'))
})

test('of two who race through the set-up link, one wins (AUT-08)', async () => {
  const link = await house.invites.setup()
  assert.ok(link)
  const race = await Promise.allSettled(['root', 'eve', 'mallory'].map((name) => house.invites.acceptSetup(link.code, person(name))))
  assert.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
  assert.equal((await house.accounts.list()).length, 1)
})

test('a set-up link holds for half an hour, and a new one replaces it (AUT-08)', async () => {
  const [old, late] = [await house.invites.setup(), await house.invites.setup()]
  assert.ok(old && late)
  await assert.rejects(house.invites.acceptSetup(old.code, person('root')), refusal('forbidden'))
  house.clock.now += 30 * 60_000
  await assert.rejects(house.invites.acceptSetup(late.code, person('root')), refusal('forbidden'))
})

test('a set-up link is worth nothing once somebody was added in another way', async () => {
  const link = await house.invites.setup()
  assert.ok(link)
  await house.accounts.add({ name: 'root', role: 'admin' })
  await assert.rejects(house.invites.acceptSetup(link.code, person('eve')), refusal('forbidden'))
})

test('an invitation says who sent it and which room it is for', async () => {
  const { code, expiresAt } = await linkOfAda(1)
  const ada = await house.accounts.find('ada')
  assert.deepEqual(await house.invites.look(code), { by: ada?.id, room: 'tea', expiresAt })
  const { account, by, room } = await house.invites.accept(code, { ...person('bob'), display: 'Bob' })
  assert.deepEqual([account.name, account.display, account.role, by, room], ['bob', 'Bob', 'member', ada?.id, 'tea'])
  assert.equal(await house.invites.look(code), undefined)
})

test('ten who follow a link for three at once: three get in', async () => {
  const { code } = await linkOfAda(3)
  const tries = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => house.invites.accept(code, person(`guest${i}`))))
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 3)
})

test('a name that is taken costs the invitation nothing', async () => {
  const { code } = await linkOfAda(1)
  await assert.rejects(house.invites.accept(code, person('ADA')), refusal('name_taken'))
  await assert.rejects(house.invites.accept(code, { name: 'bob', password: 'short' }), refusal('invalid'))
  assert.equal((await house.invites.accept(code, person('bob'))).account.name, 'bob')
})

test('an expired link and one that was made up look the same (AUT-07)', async () => {
  const { code } = await linkOfAda(1)
  house.clock.now += day
  for (const tried of [code, 'made-up', '', '__proto__']) {
    assert.equal(await house.invites.look(tried), undefined)
    await assert.rejects(house.invites.accept(tried, person('eve')), refusal('forbidden'))
  }
  await house.invites.sweep()
  assert.deepEqual(await house.db.selectFrom('invite').selectAll().execute(), [])
})

test('a set-up code is no invitation, nor the other way round', async () => {
  const link = await house.invites.setup()
  assert.ok(link)
  await assert.rejects(house.invites.accept(link.code, person('eve')), refusal('forbidden'))
})

test('codes are not in the store', async () => {
  const { code } = await linkOfAda(1)
  assert.ok(!JSON.stringify(await house.db.selectFrom('invite').selectAll().execute()).includes(code))
})
