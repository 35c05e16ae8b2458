import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type House, openHouse, password } from './house.ts'
import type { Visitor } from './visitor.ts'

const cookieName = '__Host-Http-parley'
let house: House
before(async () => {
  house = await openHouse()
  await house.accounts.add({ name: 'root', password, role: 'admin' })
})
after(() => house.close())

const signedIn = async (visitor: Visitor) => (await visitor.get('/api/v1/session')).status === 200

test('ada signs in, is who she is, signs out, and her cookie is dead (SES-09, SES-05)', async () => {
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const ada = house.visitor()
  const answer = await ada.signIn('ada', password)
  assert.equal(answer.status, 200)
  assert.equal(answer.json.account.name, 'ada')
  assert.deepEqual(Object.keys(answer.json).sort(), ['account', 'csrf', 'login'])
  assert.equal(answer.json.login.expiresAt, house.clock.now + 14 * 86_400_000)
  assert.deepEqual((await ada.get('/api/v1/session')).json, answer.json)

  const before = ada.cookieHeader
  const out = await ada.post('/api/v1/logout')
  assert.deepEqual(out.json, { logins: 1, connections: 1, unconfirmed: 0 })
  assert.match(String(out.headers['clear-site-data']), /storage/)
  assert.equal(ada.cookies.has(cookieName), false)
  assert.equal((await ada.get('/api/v1/session', { cookie: before })).status, 401)
})

test('the cookie is Secure, HttpOnly, SameSite=Lax, for the whole host and nobody else (SES-03)', async () => {
  const visitor = house.visitor()
  const { headers } = await visitor.signIn('root', password)
  const lines = headers['set-cookie'] as string[]
  assert.deepEqual(lines.map((line) => line.split('=')[0]).sort(), [cookieName, `${cookieName}-device`])
  for (const line of lines) {
    const attributes = line
      .split('; ')
      .slice(1)
      .map((part) => part.split('=')[0]?.toLowerCase())
      .sort()
    assert.deepEqual(
      attributes,
      ['expires', 'httponly', 'max-age', 'path', 'samesite', 'secure'].filter((name) => attributes.includes(name)),
    )
    for (const needed of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) assert.ok(line.includes(needed), `${needed} in ${line}`)
    assert.ok(!/domain/i.test(line))
    assert.ok(line.length < 4096)
  }
})

test('whoever just looks gets no cookie, and nothing is kept of them (SES-12)', async () => {
  const rows = async () => (await house.db.selectFrom('web_session').select('id').execute()).length
  const before = await rows()
  const nobody = house.visitor()
  for (const path of [
    '/',
    '/login',
    '/setup',
    '/invite/x',
    '/livez',
    '/readyz',
    '/.well-known/jwks.json',
    '/api/v1/session',
    '/nothing',
    '/mark.svg',
  ]) {
    assert.equal((await nobody.get(path)).headers['set-cookie'], undefined, path)
  }
  await nobody.post('/api/v1/login', { name: 'root', password: 'not the right one' })
  assert.equal(await rows(), before)
})

test('a session that eve planted before ada signs in is not ada’s (SES-05)', async () => {
  const planted = await house.guest('eve')
  const ada = house.visitor()
  for (const [name, value] of planted.cookies) ada.cookies.set(name, value)
  await ada.signIn('root', password)
  assert.notEqual(ada.cookies.get(cookieName), planted.cookies.get(cookieName))
  assert.equal(await signedIn(planted), false, 'a browser has one login: the one before ended')
  const made = house.visitor()
  made.cookies.set(cookieName, 's%3Aof-my-choice.signature')
  await made.signIn('root', password)
  assert.ok(!made.cookies.get(cookieName)?.includes('of-my-choice'))
})

test('the id of a session is taken from the cookie and nowhere else (SES-04)', async () => {
  const root = await house.guest('root')
  const value = root.cookies.get(cookieName) ?? ''
  const nobody = house.visitor()
  for (const path of [`/api/v1/session?${cookieName}=${value}`, `/api/v1/session?sid=${value}`])
    assert.equal((await nobody.get(path)).status, 401)
  assert.equal((await nobody.get('/api/v1/session', { [cookieName]: value, 'x-session-id': value })).status, 401)
})

test('a new password needs the old one, gives the browser a new cookie, ends the others, and the old cookie is dead (SES-05, AUT-10)', async () => {
  const [here, there] = [await house.guest('mallory'), await house.guest('mallory')]
  const before = here.cookieHeader
  assert.equal((await here.post('/api/v1/password', { current: 'wrong', next: 'a new long sentence' })).status, 401)
  assert.ok(await signedIn(there))
  const changed = await here.post('/api/v1/password', { current: password, next: 'a new long sentence' })
  assert.deepEqual(changed.json, { logins: 1, connections: 1, unconfirmed: 0 })
  assert.notEqual(here.cookieHeader, before)
  assert.ok(await signedIn(here))
  assert.equal(await signedIn(there), false)
  assert.equal((await house.visitor().get('/api/v1/session', { cookie: before })).status, 401)
  assert.equal((await here.post('/api/v1/ticket')).status, 200, 'the page goes on with the token it has')
})

const endings: [string, (name: string, id: string) => Promise<unknown>][] = [
  ['the account is disabled', (_name, id) => house.accounts.disable(id)],
  ['the operator sets a password', (_name, id) => house.accounts.setPassword(id, 'set by the operator')],
  ['the role is lowered', (_name, id) => house.accounts.setRole(id, 'member')],
  ['all logins are ended', (_name, id) => house.logins.end({ account: id }, 'ended')],
]
for (const [i, [name, end]] of endings.entries()) {
  test(`${name}: cookie and token are both refused from then on (AUT-11, JWT-05)`, async () => {
    const guest = await house.guest(`guest${i}`, 'admin')
    const { token } = (await guest.post('/api/v1/token')).json
    const bearer = { authorization: `Bearer ${token}` }
    assert.equal((await house.visitor().get('/api/v1/rooms', bearer)).status, 200)
    const account = await house.accounts.find(`guest${i}`)
    await end(`guest${i}`, account?.id ?? '')
    assert.equal(await signedIn(guest), false)
    assert.equal((await house.visitor().get('/api/v1/rooms', bearer)).status, 401)
    assert.equal((await guest.post('/api/v1/ticket')).status, 401)
  })
}

test('twelve hours without anything end it; asking for tickets, tokens and the session is not something (SES-07)', async () => {
  const [idle, busy] = [await house.guest('root'), await house.guest('root')]
  for (let i = 0; i < 4; i += 1) {
    house.clock.now += 4 * 3_600_000
    await idle.post('/api/v1/ticket')
    await idle.post('/api/v1/token')
    await idle.get('/api/v1/session')
    await busy.get('/api/v1/rooms')
  }
  assert.equal(await signedIn(idle), false)
  assert.ok(await signedIn(busy))
})

test('fourteen days end it, however busy (SES-08)', async () => {
  const busy = await house.guest('root')
  for (let hours = 0; hours < 14 * 24; hours += 8) {
    assert.equal((await busy.get('/api/v1/rooms')).status, 200, `after ${hours} h`)
    house.clock.now += 8 * 3_600_000
  }
  assert.equal((await busy.get('/api/v1/rooms')).status, 401)
})

test('a wrong password and an unknown name: same status, same words, same headers (AUT-07)', async () => {
  const nobody = house.visitor()
  const [wrong, unknown] = [
    await nobody.post('/api/v1/login', { name: 'root', password: 'wrong' }),
    await nobody.post('/api/v1/login', { name: 'nobody', password: 'wrong' }),
  ]
  assert.equal(wrong.status, 401)
  assert.deepEqual(unknown.json, wrong.json)
  assert.deepEqual(Object.keys(unknown.headers), Object.keys(wrong.headers))
  const pages = await Promise.all(['root', 'nobody'].map((name) => nobody.post('/login', `name=${name}&password=wrong`)))
  assert.equal(pages[0]?.text.replaceAll('root', 'NAME'), pages[1]?.text.replaceAll('nobody', 'NAME'))
})

test('after rotations of the cookie secrets nobody is signed out; when an old one is thrown away, its cookies are too (SES-14)', async () => {
  const root = await house.guest('root')
  const first = await house.keys.rotate('cookie')
  assert.ok(await signedIn(root))
  const late = await house.guest('root')
  await house.keys.rotate('cookie')
  assert.ok(await signedIn(root))
  await house.keys.retire(first?.retiring ?? '')
  assert.equal(await signedIn(root), false)
  assert.ok(await signedIn(late))
})

test('a cookie that somebody else put beside ours, or in our place, is no sign-in (SES-06)', async () => {
  const root = await house.guest('root')
  const value = root.cookies.get(cookieName) ?? ''
  const nobody = house.visitor()
  assert.equal((await nobody.get('/api/v1/session', { cookie: `a=b; ${cookieName}=${value}` })).status, 200)
  for (const cookie of [
    `${cookieName}=${value}; ${cookieName}=${value}`,
    `${cookieName}=x; ${cookieName}=${value}`,
    `__host-http-parley=${value}`,
    `${cookieName}=${value}; __HOST-HTTP-PARLEY=x`,
    `=${cookieName}=${value}`,
    `${cookieName}=${value}; =${cookieName}=x`,
    `${cookieName}=${decodeURIComponent(value).slice(2).split('.')[0]}`,
  ]) {
    assert.equal((await nobody.get('/api/v1/session', { cookie })).status, 401, cookie.replaceAll(value, 'VALUE'))
  }
})
