import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { EndedWhy } from '../../src/identity/logins.ts'
import { day, type Household, hour, openHousehold, password, refusal } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

test('what begins is found, with its account, until it ends', async () => {
  const login = await house.someone('ada')
  assert.deepEqual(await house.logins.find(login.id), login)
  assert.equal(login.account.name, 'ada')
  assert.deepEqual(await house.logins.end({ ids: [login.id] }, 'signed_out'), { logins: 1, connections: 1, unconfirmed: 0 })
  assert.equal(await house.logins.find(login.id), undefined)
  assert.deepEqual(house.told, [{ login: login.id, account: login.account.id, why: 'signed_out' }])
})

test('a login that nobody touches ends after twelve hours, one that is used goes on (SES-07)', async () => {
  const [left, used] = [await house.someone('ada'), await house.someone('ada')]
  house.clock.now += 11 * hour
  await house.logins.touch([used.id], house.clock.now)
  house.clock.now += hour
  assert.equal(await house.logins.find(left.id), undefined)
  assert.ok(await house.logins.find(used.id))
  assert.deepEqual([...(await house.logins.check([left.id, used.id]))], [[left.id, 'idle']])
})

test('no activity carries a login beyond fourteen days (SES-08)', async () => {
  const { id } = await house.someone('ada')
  for (let passed = 0; passed < 14 * day; passed += 6 * hour) {
    assert.ok(await house.logins.find(id), `after ${passed / hour} h`)
    house.clock.now += 6 * hour
    await house.logins.touch([id], house.clock.now)
  }
  assert.deepEqual([...(await house.logins.check([id]))], [[id, 'absolute']])
  assert.equal(await house.logins.find(id), undefined)
})

test('a late touch brings nothing back: not what ended, not what ran out (SES-09)', async () => {
  const [ended, idle] = [await house.someone('ada'), await house.someone('ada')]
  await house.logins.end({ ids: [ended.id] }, 'ended')
  house.clock.now += 12 * hour
  await house.logins.touch([ended.id, idle.id], house.clock.now)
  assert.deepEqual(await house.logins.list(ended.account.id), [])
})

test('a token of the operator lasts as long as was said and is not idle', async () => {
  const ada = await house.accounts.add({ name: 'ada', role: 'member' })
  const login = await house.logins.begin({
    account: ada.id,
    credential: 'token',
    label: 'a script',
    address: '',
    expiresAt: house.clock.now + 30 * day,
  })
  house.clock.now += 30 * day - 1
  assert.ok(await house.logins.find(login.id))
  house.clock.now += 1
  assert.equal(await house.logins.find(login.id), undefined)
})

const triggers: [EndedWhy, (account: string) => Promise<unknown>][] = [
  ['account_disabled', (id) => house.accounts.disable(id)],
  ['password_changed', (id) => house.accounts.setPassword(id, 'another long sentence')],
  ['role_lowered', (id) => house.accounts.setRole(id, 'member')],
  ['ended', (id) => house.logins.end({ account: id }, 'ended')],
]
for (const [why, pull] of triggers) {
  test(`${why}: all logins of ada end, cookie and token, and bob's go on (REV-01)`, async () => {
    await house.accounts.add({ name: 'root', role: 'admin' })
    const ada = await house.accounts.add({ name: 'ada', role: 'admin', password })
    const hers = [await house.someone('ada', 'cookie'), await house.someone('ada', 'token')]
    const his = await house.someone('bob')
    await pull(ada.id)
    for (const { id } of hers) assert.equal(await house.logins.find(id), undefined)
    assert.ok(await house.logins.find(his.id))
    assert.deepEqual(new Set(house.told.map((one) => one.why)), new Set([why]))
    assert.deepEqual(new Set(house.told.map((one) => one.login)), new Set(hers.map(({ id }) => id)))
    assert.deepEqual(await house.logins.check(hers.map(({ id }) => id)), new Map(hers.map(({ id }) => [id, why])))
  })
}

test('an account that is enabled again finds none of its old logins (AUT-11)', async () => {
  const login = await house.someone('ada')
  await house.accounts.disable(login.account.id)
  await house.accounts.enable(login.account.id)
  assert.equal(await house.logins.find(login.id), undefined)
})

test('whoever is disabled while signing in does not get in (AUT-11)', async () => {
  const { account } = await house.someone('ada')
  await house.accounts.disable(account.id)
  await assert.rejects(house.someone('ada'), refusal('signed_out'))
})

test('of a login that begins while the password changes, none is left (SES-05)', async () => {
  const ada = await house.accounts.add({ name: 'ada', role: 'member', password })
  const { proof } = await house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1' })
  await house.accounts.setPassword(ada.id, 'another long sentence')
  const late = house.logins.begin({ account: ada.id, credential: 'cookie', label: '', address: '', proof })
  await assert.rejects(late, refusal('signed_out'))
  assert.deepEqual(await house.logins.list(ada.id), [])
})

test('a change that fails ends nothing', async () => {
  const login = await house.someone('ada')
  const failing = house.logins.end({ ids: [login.id] }, 'ended', () => Promise.reject(new Error('no')))
  await assert.rejects(failing, /no/)
  assert.ok(await house.logins.find(login.id))
  assert.deepEqual(house.told, [])
})

test('who ends what is being ended waits for the news to be out as well', async () => {
  const login = await house.someone('ada')
  await house.logins.end({ ids: [login.id] }, 'signed_out')
  assert.deepEqual(await house.logins.end({ ids: [login.id] }, 'ended'), { logins: 0, connections: 1, unconfirmed: 0 })
  assert.deepEqual(house.told[1], { login: login.id, account: login.account.id, why: 'signed_out' })
})

test('all others means all others (SES-11)', async () => {
  const [here, there, far] = [await house.someone('ada'), await house.someone('ada'), await house.someone('ada', 'token')]
  assert.equal((await house.logins.end({ account: here.account.id, except: here.id }, 'ended')).logins, 2)
  assert.deepEqual(
    (await house.logins.list(here.account.id)).map(({ id }) => id),
    [here.id],
  )
  assert.deepEqual(new Set(house.told.map(({ login }) => login)), new Set([there.id, far.id]))
})

test('a login that is not known counts as ended', async () => {
  assert.deepEqual([...(await house.logins.check(['never-was']))], [['never-was', 'ended']])
})

test('more logins than an account may have: the one not used for longest makes room (SES-10)', async () => {
  const small = await openHousehold({ loginsPerAccount: 2 })
  const first = await small.someone('ada')
  small.clock.now += 1_000
  const second = await small.someone('ada')
  small.clock.now += 1_000
  await small.logins.touch([first.id], small.clock.now)
  const third = await small.someone('ada')
  assert.deepEqual(new Set((await small.logins.list(first.account.id)).map(({ id }) => id)), new Set([first.id, third.id]))
  assert.equal(await small.logins.find(second.id), undefined)
  await small.close()
})

test('the sweep ends what ran out with nobody looking, and forgets it a month later', async () => {
  const login = await house.someone('ada')
  house.clock.now += 13 * hour
  await house.logins.sweep()
  assert.equal((await house.logins.check([login.id])).get(login.id), 'idle')
  house.clock.now += 31 * day
  await house.logins.sweep()
  assert.deepEqual(await house.db.selectFrom('login').select('id').execute(), [])
})

test('login handles are 128 bits, and no two are alike (SES-01)', async () => {
  const ids = await Promise.all(Array.from({ length: 50 }, async () => (await house.someone('ada').catch(() => house.someone('ada'))).id))
  for (const id of ids) assert.equal(Buffer.from(id, 'base64url').length, 16)
  assert.equal(new Set(ids).size, ids.length)
})
