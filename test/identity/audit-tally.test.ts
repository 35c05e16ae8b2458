import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createTally } from '../../src/identity/audit-tally.ts'
import { type Household, openHousehold, password } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold({ perAccount: 1_000, perAddress: 20, auditedAddresses: 3 })
})
afterEach(() => house.close())

const rows = () => house.audit.page({ limit: 1_000 })
const fail = (address: string, name = 'ada') =>
  assert.rejects(house.signIn.signIn({ name, password: 'wrong', address }), (error: { code?: string }) =>
    ['signed_out', 'rate_limited'].includes(error.code ?? ''),
  )
const minute = 60_000
const timesOf = (extra: unknown) => (extra as { times?: number } | undefined)?.times

test('of the failures of one address in a minute, the first is recorded at once and the rest as a number', async () => {
  const ada = await house.accounts.add({ name: 'ada', role: 'member', password })
  const before = (await rows()).length
  for (let i = 0; i < 5; i++) await fail('192.0.2.1')
  await fail('192.0.2.1', 'nobody-has-this')
  const [first, ...more] = (await rows()).slice(before)
  assert.deepEqual(
    [first?.event, first?.who, first?.what, first?.address, more.length],
    ['authn_login_fail', 'nobody', ada.id, '192.0.2.1', 0],
  )
  await house.tally.sweep()
  assert.equal((await rows()).length, before + 1, 'the minute is not over')
  const since = house.clock.now
  house.clock.now += minute
  await house.tally.sweep()
  const merged = (await rows()).at(-1)
  assert.deepEqual([merged?.event, merged?.what, merged?.extra], ['authn_login_fail', ada.id, { times: 5, since }])
  await house.tally.sweep()
  assert.equal((await rows()).length, before + 2)
})

test('attempts that came too fast are only counted', async () => {
  await house.accounts.add({ name: 'ada', role: 'member', password })
  for (let i = 0; i < 50; i++) await fail('192.0.2.1')
  house.clock.now += minute
  await house.tally.sweep()
  const told = (await rows()).slice(1).map(({ event, extra }) => `${event} ${timesOf(extra)}`)
  assert.deepEqual(told, ['authn_login_fail undefined', 'authn_login_fail 19', 'excess_rate_limit_exceeded 30'])
})

test('a thousand addresses make no thousand rows, and none is left uncounted', async () => {
  for (let i = 0; i < 1_000; i++) await house.tally.add(`address ${i}`, { event: 'authn_login_fail', who: 'nobody', address: `${i}` })
  assert.equal((await rows()).length, 4, 'three apart, and the first of all others')
  house.clock.now += minute
  await house.tally.sweep()
  const others = (await rows()).filter(({ address }) => address === undefined)
  assert.deepEqual(
    others.map(({ extra }) => timesOf(extra)),
    [996],
  )
})

test('what is counted when the server ends is recorded', async () => {
  for (let i = 0; i < 3; i++) await fail('192.0.2.1')
  await house.tally.close()
  assert.deepEqual((await rows()).at(-1)?.extra, { times: 2, since: house.clock.now })
})

test('what could not be recorded stays counted', async () => {
  let broken = true
  const write: typeof house.audit.write = (record) => (broken ? Promise.reject(new Error('no store')) : house.audit.write(record))
  const tally = createTally({ audit: { write }, now: house.now, most: () => 10 })
  const record = { event: 'authn_login_fail', who: 'nobody' } as const
  await assert.rejects(tally.add('a', record), /no store/)
  await tally.add('a', record)
  await assert.rejects(tally.close(), /no store/)
  broken = false
  await tally.close()
  assert.equal(timesOf((await rows()).at(-1)?.extra), 2)
})

test('a name that nobody has is not written down: it may be a password', async () => {
  await fail('192.0.2.1', 'my-secret-password')
  await house.tally.close()
  assert.ok(!JSON.stringify(await rows()).includes('my-secret-password'))
})

test('a page that asks for tokens again and again makes one row a minute', async () => {
  const ada = await house.someone('ada')
  const before = (await rows()).length
  for (let i = 0; i < 10; i++) await house.tokens.token(ada)
  const made = (await rows()).slice(before)
  assert.deepEqual(
    made.map(({ event, who, login }) => [event, who, login]),
    [['authn_token_created', ada.account.id, ada.id]],
  )
})
