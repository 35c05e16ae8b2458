import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { sign } from 'cookie-signature'
import type { SessionData } from 'express-session'
import { randomId } from '../../src/identity/ids.ts'
import type { Login } from '../../src/identity/logins.ts'
import { openSecrets, type SecretKind } from '../../src/identity/secrets.ts'
import { cookieName } from '../../src/protocol/limits.ts'
import { day, type Household, hour, masterKey, openHousehold, refusal } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

const minute = 60_000
const states = (kind: SecretKind) => house.keys.list().flatMap((key) => (key.kind === kind ? [key.state] : []))
const idOf = (kind: SecretKind, state: string) => house.keys.list().find((key) => key.kind === kind && key.state === state)?.id ?? ''

/** A browser that has signed in: the Cookie header it sends. */
async function browser(login: Login): Promise<string> {
  const sid = randomId()
  const data: SessionData = { login: login.id, csrf: randomId(), cookie: { originalMaxAge: null } }
  await new Promise((resolve) => house.webSessions.store.set(sid, data, resolve))
  return `${cookieName}=${encodeURIComponent(`s:${sign(sid, house.secrets.cookieSecrets[0] ?? '')}`)}`
}

test('a key is published before it signs, and is kept when it has signed (JWT-08)', async () => {
  const published = () => house.tokens.jwks().keys.map((key) => (key as { kid: string }).kid)
  for (let i = 0; i < 5; i++) {
    const next = idOf('token', 'next')
    assert.ok(published().includes(next))
    const before = idOf('token', 'active')
    const rotated = await house.keys.rotate('token')
    assert.deepEqual(rotated, { kind: 'token', active: next, retiring: before })
    assert.equal(idOf('token', 'active'), next)
    assert.ok(published().includes(before))
  }
  assert.deepEqual(states('cookie'), ['active', 'next'], 'the other kind is left alone')
})

test('a retiring token key goes once nothing of token.life can hold, not a minute before (JWT-08)', async () => {
  const rotated = await house.keys.rotate('token')
  house.clock.now += 12 * minute
  await house.keys.sweep()
  assert.ok(house.secrets.knows(rotated?.retiring ?? ''), 'another node may have signed with it a little longer')
  house.clock.now += minute
  await house.keys.sweep()
  assert.ok(!house.secrets.knows(rotated?.retiring ?? ''))
  assert.deepEqual(states('token'), ['active', 'next'])
})

test('the key of an operator’s token is kept as long as that token, and the token holds through every rotation (JWT-08)', async () => {
  const ada = await house.accounts.add({ name: 'ada', role: 'member' })
  const expiresAt = house.clock.now + 90 * day
  const login = await house.logins.begin({ account: ada.id, credential: 'token', label: '', address: '', expiresAt })
  const { token } = await house.tokens.token(login, { expiresAt })
  const kid = idOf('token', 'active')
  for (let i = 0; i < 8; i++) {
    await house.keys.rotate('token')
    house.clock.now += 11 * day
    await house.keys.sweep()
    assert.ok(await house.tokens.readToken(token), `after ${i} rotations`)
  }
  assert.equal(house.keys.list().filter(({ state }) => state === 'retiring').length, 1, 'no other is kept')
  house.clock.now = expiresAt + minute
  await house.keys.sweep()
  assert.ok(!house.secrets.knows(kid))
})

test('a cookie secret is kept until the last login whose cookie it signed is over (SES-14)', async () => {
  const ada = await house.someone('ada')
  const cookie = await browser(ada)
  const kid = house.webSessions.keyOf(cookie) ?? ''
  assert.equal(kid, idOf('cookie', 'active'))
  const first = await house.keys.rotate('cookie')
  const bob = await house.someone('bob')
  const his = await browser(bob)
  house.clock.now += hour
  await house.keys.sweep()
  assert.ok(house.secrets.knows(kid))
  assert.equal(await house.webSessions.handleOf(cookie), ada.id)
  await house.logins.end({ ids: [ada.id] }, 'signed_out')
  await house.keys.sweep()
  assert.equal(first?.retiring, kid)
  assert.ok(!house.secrets.knows(kid))
  assert.equal(await house.webSessions.handleOf(his), bob.id)
})

test('a key that was thrown away: everything it signed is refused, and only that (JWT-08, SES-14)', async () => {
  const [ada, bob] = [await house.someone('ada'), await house.someone('bob')]
  const hers = await browser(ada)
  const { token: old } = await house.tokens.token(bob)
  const cookie = await house.keys.rotate('cookie')
  const token = await house.keys.rotate('token')
  const his = await browser(bob)
  const { token: young } = await house.tokens.token(bob)

  assert.deepEqual(await house.keys.retire(cookie?.retiring ?? ''), {
    ...{ id: cookie?.retiring, kind: 'cookie', state: 'retiring' },
    ...{ logins: 1, connections: 1, unconfirmed: 0 },
  })
  assert.equal(await house.webSessions.handleOf(hers), undefined)
  assert.equal(house.webSessions.keyOf(hers), undefined)
  assert.equal(await house.logins.find(ada.id), undefined)
  assert.deepEqual(house.told, [{ login: ada.id, account: ada.account.id, why: 'key_retired' }])
  assert.equal(await house.webSessions.handleOf(his), bob.id)

  await house.keys.retire(token?.retiring ?? '')
  assert.equal(await house.tokens.readToken(old), undefined)
  assert.ok(await house.tokens.readToken(young))
  assert.ok(await house.logins.find(bob.id), 'a login is not the token that was made for it')
})

test('the login of an operator’s token ends with its key (JWT-08)', async () => {
  const login = await house.someone('gull', 'token')
  await house.tokens.token(login, { expiresAt: house.clock.now + hour })
  const retired = await house.keys.retire(idOf('token', 'active'))
  assert.equal(retired.logins, 1)
  assert.equal(await house.logins.find(login.id), undefined)
  assert.ok((await house.tokens.token(await house.someone('ada'))).token, 'the next one signs')
  assert.deepEqual(states('token'), ['active', 'next'])
})

test('the next key can be thrown away before it has signed anything; one that is not there cannot', async () => {
  const next = idOf('cookie', 'next')
  const retired = await house.keys.retire(next)
  assert.deepEqual([retired.state, retired.logins], ['next', 0])
  assert.deepEqual(states('cookie'), ['active', 'next'])
  assert.notEqual(idOf('cookie', 'next'), next)
  for (const id of [next, '', 'nobody', '__proto__', "'; drop table secret; --"]) {
    await assert.rejects(house.keys.retire(id), refusal('invalid'))
  }
})

test('by itself a key signs for keys.rotateAfter, and at 0 for ever', async () => {
  const own = await openHousehold({ rotateAfter: 30 * day })
  const { length: before } = own.keys.list()
  own.clock.now += 30 * day - 1
  await own.keys.sweep()
  assert.equal(own.keys.list().length, before)
  own.clock.now += 1
  await Promise.all([own.keys.sweep(), own.keys.sweep()])
  assert.deepEqual(
    own.keys
      .list()
      .map(({ kind, state }) => `${kind} ${state}`)
      .sort(),
    [...['cookie active', 'cookie next', 'cookie retiring'], ...['token active', 'token next', 'token retiring']],
  )
  await own.close()
  house.clock.now += 1_000 * day
  await house.keys.sweep()
  assert.equal(house.keys.list().length, before)
})

test('another node follows on its sweep: what was rotated is known there, what was thrown away is not (JWT-08, SES-14)', async () => {
  const elsewhere = await openSecrets({ db: house.db, now: house.now, masterKey })
  const shared = elsewhere.cookieSecrets
  await house.keys.rotate('cookie')
  await house.keys.rotate('token')
  await house.keys.retire(idOf('token', 'retiring'))
  await elsewhere.reload()
  assert.deepEqual(elsewhere.list(), house.secrets.list())
  assert.equal(elsewhere.cookieSecrets, shared, 'the very array that others hold')
  assert.deepEqual(shared, house.secrets.cookieSecrets)
})

test('a row that somebody has put there is no key: the ring stays as it is, and says so', async () => {
  const before = house.keys.list()
  await house.db
    .insertInto('secret')
    .values({ id: 'eve', kind: 'token', state: 'active', sealed: 'AAAA', created_at: 1, since: 1, signed_until: 0 })
    .execute()
  await assert.rejects(house.keys.sweep(), /master key does not open/)
  assert.deepEqual(house.keys.list(), before)
  assert.ok((await house.tokens.token(await house.someone('ada'))).token)
})
