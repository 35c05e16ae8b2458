import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sign } from 'cookie-signature'
import type { SessionData } from 'express-session'
import { hashOf, randomId } from '../../src/identity/ids.ts'
import { cookieName } from '../../src/protocol/limits.ts'
import { day, type Household, openHousehold } from './household.ts'

let house: Household
before(async () => {
  house = await openHousehold()
})
after(() => house.close())

const session = (login: string): SessionData => ({ login, csrf: randomId(), cookie: { originalMaxAge: null } })
const get = (sid: string) =>
  new Promise<SessionData | null | undefined>((resolve, reject) =>
    house.webSessions.store.get(sid, (error, found) => (error ? reject(error) : resolve(found))),
  )
const set = (sid: string, data: SessionData) => new Promise<unknown>((resolve) => house.webSessions.store.set(sid, data, resolve))
const destroy = (sid: string) => new Promise<unknown>((resolve) => house.webSessions.store.destroy(sid, resolve))
const cookie = (sid: string, secret = house.secrets.cookieSecrets[0] ?? '') => encodeURIComponent(`s:${sign(sid, secret)}`)
const handleOf = (header: string) => house.webSessions.handleOf(header)

test('a session is written once: later saves change nothing', async () => {
  const [ada, eve] = [await house.someone('ada'), await house.someone('eve')]
  await set('one', session(ada.id))
  await set('one', session(eve.id))
  assert.equal((await get('one'))?.login, ada.id)
})

test('what was destroyed stays destroyed, whoever saves it afterwards (SES-09)', async () => {
  const ada = await house.someone('ada')
  await set('two', session(ada.id))
  await destroy('two')
  await set('two', session(ada.id))
  assert.equal(await get('two'), undefined)
})

test('no session is written for a login that has ended, and those that were are gone (SES-09)', async () => {
  const ada = await house.someone('ada')
  await set('three', session(ada.id))
  await house.logins.end({ ids: [ada.id] }, 'ended')
  assert.equal(await get('three'), undefined)
  await set('three', session(ada.id))
  await set('four', session(ada.id))
  assert.equal(await get('three'), undefined)
  assert.equal(await get('four'), undefined)
})

test('nothing is kept of those who are not signed in (SES-12)', async () => {
  await set('anonymous', { cookie: { originalMaxAge: null } } as SessionData)
  assert.deepEqual(await house.db.selectFrom('web_session').select('id').where('id', '=', hashOf('anonymous')).execute(), [])
})

test('a session lasts as long as its login may and is then swept away (SES-08)', async () => {
  const ada = await house.someone('ada')
  await set('long', session(ada.id))
  house.clock.now += 14 * day
  assert.equal(await get('long'), undefined)
  await house.webSessions.sweep()
  assert.deepEqual(await house.db.selectFrom('web_session').select('id').where('id', '=', hashOf('long')).execute(), [])
  house.clock.now -= 14 * day
})

test('the store does not hold what a cookie holds (SES-02)', async () => {
  const ada = await house.someone('ada')
  await set('the-session-id-of-ada', session(ada.id))
  assert.ok(!JSON.stringify(await house.db.selectFrom('web_session').selectAll().execute()).includes('the-session-id-of-ada'))
})

const hostile = [
  '',
  'null',
  '[]',
  '"text"',
  '{',
  '{}',
  '{"login":"LOGIN"}',
  '{"login":["LOGIN"],"csrf":"0123456789abcdef"}',
  '{"login":{"toString":"LOGIN"},"csrf":"0123456789abcdef"}',
  '{"login":"LOGIN","csrf":"0123456789abcdef","role":"admin"}',
  '{"__proto__":{"login":"LOGIN","csrf":"0123456789abcdef"}}',
  '{"login":"LOGIN","csrf":"0123456789abcdef","__proto__":{"admin":true}}',
  '{"login":"LOGIN","csrf":null}',
  '{"login":"LOGIN","csrf":"0123456789abcdef","cookie":{"expires":"never"}}',
]
for (const data of hostile) {
  test(`no session: ${data || 'nothing'} (SES-15)`, async () => {
    const ada = await house.someone('ada')
    const id = hashOf('hostile')
    await house.db.deleteFrom('web_session').where('id', '=', id).execute()
    const row = { id, login: ada.id, data: data.replace('LOGIN', ada.id), expires_at: house.clock.now + day }
    await house.db.insertInto('web_session').values(row).execute()
    assert.equal(await get('hostile'), undefined)
    assert.equal(await handleOf(`${cookieName}=${cookie('hostile')}`), undefined)
  })
}

test('an upgrade finds the login by its cookie, among others, signed with any secret that still counts', async () => {
  const ada = await house.someone('ada')
  await set('sock', session(ada.id))
  const good = `${cookieName}=${cookie('sock')}`
  assert.equal(await handleOf(good), ada.id)
  assert.equal(await handleOf(`theme=dark; ${good};lang=en`), ada.id)
  assert.equal(await handleOf(`${cookieName}=${cookie('sock', house.secrets.cookieSecrets[1])}`), ada.id)
})

const tossed: [string, (good: string) => string][] = [
  ['twice the same', (v) => `${cookieName}=${v}; ${cookieName}=${v}`],
  ['twice, the other first', (v) => `${cookieName}=x; ${cookieName}=${v}`],
  ['twice, the other last', (v) => `${cookieName}=${v}; ${cookieName}=`],
  ['twice, one in small letters', (v) => `${cookieName}=${v}; __host-http-parley=x`],
  ['small letters', (v) => `__host-http-parley=${v}`],
  ['capitals', (v) => `__HOST-HTTP-PARLEY=${v}`],
  ['without a name', (v) => `=${cookieName}=${v}`],
  ['without a name beside the right one', (v) => `=${cookieName}=x; ${cookieName}=${v}`],
  ['a blank before the sign', (v) => `${cookieName} =${v}`],
  ['a blank before and the right one', (v) => `${cookieName} =x; ${cookieName}=${v}`],
  ['another name', (v) => `__Host-parley=${v}`],
  ['without its prefix', (v) => `parley=${v}`],
  ['a longer name', (v) => `${cookieName}2=${v}`],
  ['in quotes', (v) => `${cookieName}="${v}"`],
  ['only the name', () => cookieName],
  ['no value', () => `${cookieName}=`],
  ['not signed', () => `${cookieName}=sock`],
  ['not signed, marked as if', () => `${cookieName}=s%3Asock`],
  ['signed with another secret', () => `${cookieName}=${cookie('sock', 'another secret')}`],
  ['signed with nothing', () => `${cookieName}=${cookie('sock', ' ')}`],
  ['cut short', (v) => `${cookieName}=${v.slice(0, -1)}`],
  ['with more behind it', (v) => `${cookieName}=${v}x`],
  ['bad percent signs', (v) => `${cookieName}=${v}%zz`],
  ['half a character', (v) => `${cookieName}=${v}%ff`],
  ['a NUL', (v) => `${cookieName}=${v}%00`],
  ['a comma for a semicolon', (v) => `a=b, ${cookieName}=${v}`],
  ['another session', () => `${cookieName}=${cookie('unknown')}`],
  ['nothing', () => ''],
  ['far too long', (v) => `${'a=b;'.repeat(3_000)}${cookieName}=${v}`],
]
for (const [name, header] of tossed) {
  test(`no login by a cookie that is ${name} (SES-06)`, async () => {
    const ada = await house.someone('ada')
    await set('sock', session(ada.id))
    assert.equal(await handleOf(header(cookie('sock'))), undefined)
  })
}

test('a store that fails is no verdict: it throws (SES-13)', async () => {
  const broken = await openHousehold()
  const header = `${cookieName}=${cookie('sock', broken.secrets.cookieSecrets[0])}`
  await broken.close()
  await assert.rejects(broken.webSessions.handleOf(header))
})
