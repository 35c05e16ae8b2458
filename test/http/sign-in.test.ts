import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { often } from '../gateway/chance.ts'
import { type House, openHouse, password } from './house.ts'

const cookieName = '__Host-Http-parley'
let house: House
before(async () => {
  house = await openHouse({ passwordQueue: 3, perAccount: 100, perPair: 50 })
  await house.accounts.add({ name: 'ada', password, role: 'member' })
})
after(() => house.close())

/** The session id in a browser's cookie, as only that browser has it. */
const sidIn = (cookie: string | undefined) =>
  decodeURIComponent(cookie ?? '')
    .replace(/^s:/, '')
    .split('.')[0] ?? ''

test('when more sign in than can be looked at the surplus gets 503 with a time, by the API and by the form, and then it goes on (AUT-05)', async () => {
  const crowd = Array.from({ length: 30 }, () => house.visitor())
  const asked = crowd.map((one, i) =>
    i % 2
      ? one.post('/api/v1/login', { name: `nobody${i}`, password: 'not the right one' })
      : one.post('/login', `name=nobody${i}&password=wrong`),
  )
  const answers = await Promise.all(asked)
  const turnedAway = answers.filter(({ status }) => status === 503)
  assert.ok(turnedAway.length > 0 && turnedAway.length < 30)
  for (const { headers } of turnedAway) assert.ok(Number(headers['retry-after']) > 0)
  assert.ok(answers.every(({ status }) => status === 503 || status === 401))
  const logged = house.events().filter(({ code }) => code === 'unavailable')
  assert.deepEqual(new Set(logged.map(({ level }) => level)), new Set(['warn']), 'nothing is broken, and nobody is woken for it')
  assert.equal((await house.visitor().signIn('ada', password)).status, 200)
})

test('ada’s browser, which was signed in before, gets in while a crowd takes every place (AUT-06)', async () => {
  const ada = await house.guest('ada')
  await ada.post('/api/v1/logout')
  let isOver = false
  const turnedAway = { n: 0 }
  const crowd = Array.from({ length: 12 }, async (_, i) => {
    const one = house.visitor()
    for (let n = 0; !isOver; n += 1) {
      const { status } = await one.post('/api/v1/login', { name: `nobody${i}-${n}`, password: 'not the right one' })
      if (status === 503) turnedAway.n += 1
    }
  })
  while (turnedAway.n < 20) await new Promise(setImmediate)
  for (let i = 0; i < 3; i += 1) assert.equal((await ada.signIn('ada', password)).status, 200)
  isOver = true
  await Promise.all(crowd)
})

test('whoever tries too often gets 429 with a time, and the log says which limit it was and not the name (AUT-06)', async () => {
  await house.accounts.add({ name: 'bob', password, role: 'member' })
  const eve = house.visitor()
  const statuses: number[] = []
  for (let i = 0; i < 60; i += 1) statuses.push((await eve.post('/api/v1/login', { name: 'bob', password: 'a guess' })).status)
  assert.deepEqual(
    statuses.map((status) => status === 429),
    statuses.map((_, i) => i >= 50),
  )
  const lines = house.lines.filter((line) => line.includes('excess_rate_limit_exceeded')).map((line) => JSON.parse(line))
  assert.deepEqual(new Set(lines.map(({ limit }) => limit)), new Set(['pair']))
  assert.ok(lines.every((line) => !JSON.stringify(line).includes('"bob"')))
})

test('each sign-in has an id of 144 random bits of its own, and no letter of it is likelier than another (SES-01)', async () => {
  // What express-session makes for each answer, asked for without the rest of a sign-in.
  const { cookieSession } = await import('../../src/http/cookie-session.ts')
  const { IncomingMessage, ServerResponse } = await import('node:http')
  const { Socket } = await import('node:net')
  const read = cookieSession(house.deps)
  const socket = new Socket()
  const sids = Array.from({ length: often(20_000) }, () => {
    const req = Object.assign(new IncomingMessage(socket), { url: '/', originalUrl: '/', secure: true, sessionID: '' })
    const res = Object.assign(new ServerResponse(req), { locals: {} })
    read(req as never, res as never, () => undefined)
    return req.sessionID
  })
  assert.equal(new Set(sids).size, sids.length)
  for (const sid of sids) assert.match(sid, /^[\w-]{32}$/)
  const counts = new Map<string, number>()
  for (const letter of sids.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  const expected = (sids.length * 32) / 64
  const chi2 = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
  assert.ok(counts.size === 64 && chi2 < 150, `chi² = ${chi2} for 63 degrees of freedom: by chance once in a hundred million runs`)
  const ada = await house.guest('ada')
  assert.match(sidIn(ada.cookies.get(cookieName)), /^[\w-]{32}$/)
})

test('nothing in the store is a cookie, begins like one or holds who somebody is (SES-02)', async () => {
  const ada = await house.guest('ada')
  const sid = sidIn(ada.cookies.get(cookieName))
  const device = ada.cookies.get(`${cookieName}-device`) ?? ''
  const kept = JSON.stringify(
    await Promise.all(
      (['web_session', 'login', 'account', 'meta', 'audit'] as const).map((table) => house.db.selectFrom(table).selectAll().execute()),
    ),
  )
  for (const secret of [sid, sid.slice(0, 12), decodeURIComponent(device), password]) assert.ok(!kept.includes(secret))
  const rows = await house.db.selectFrom('web_session').select('data').execute()
  for (const { data } of rows) if (data !== '') assert.deepEqual(Object.keys(JSON.parse(data)).sort(), ['csrf', 'login'])
})

test('whatever way in or out, a cookie is never set without its attributes (SES-03)', async () => {
  await house.accounts.add({ name: 'root', password, role: 'admin' })
  const { code } = await house.invites.create({ by: 'parley', uses: 2, expiresAt: house.clock.now + 60_000 })
  const set: string[] = []
  const visitor = house.visitor()
  const collect = ({ headers }: { headers: Record<string, string | string[] | undefined> }) =>
    set.push(...[headers['set-cookie'] ?? []].flat())
  collect(await visitor.post('/login', `name=ada&password=${encodeURIComponent(password)}`))
  collect(await visitor.get('/'))
  collect(await house.visitor().post(`/invite/${code}`, `name=dora&password=${encodeURIComponent(password)}&display=`))
  const ada = await house.guest('ada')
  collect(await ada.post('/api/v1/password', { current: password, next: 'a new long sentence' }))
  collect(await ada.post('/api/v1/logout'))
  assert.ok(set.length >= 6, `${set.length} cookies`)
  for (const line of set) {
    assert.ok(line.startsWith(cookieName), line)
    for (const needed of ['Secure', 'HttpOnly', 'SameSite=Lax', 'Path=/']) assert.ok(line.includes(needed), `${needed} in ${line}`)
    assert.ok(!/domain=/i.test(line) && line.length < 4_096)
  }
})

test('twelve marks that eve collected are worth nothing once the password has changed, and the browser that changed it stays known (AUT-06)', async (t) => {
  const strict = await openHouse({ perAccount: 4, perPair: 2 })
  t.after(() => strict.close())
  await strict.accounts.add({ name: 'kim', password, role: 'member' })
  const eves: Awaited<ReturnType<House['guest']>>[] = []
  for (let i = 0; i < 12; i += 1) eves.push(await strict.guest('kim'))
  const kim = await strict.guest('kim')
  const next = 'quite another long sentence'
  assert.equal((await kim.post('/api/v1/password', { current: password, next })).status, 200)
  const guesses = await Promise.all(eves.map((eve, i) => eve.signIn('kim', `a guess of number ${i}`)))
  assert.equal(guesses.filter(({ status }) => status === 401).length, 2, 'as many as one stranger has at one address')
  await kim.post('/api/v1/logout')
  assert.equal((await kim.signIn('kim', next)).status, 200)
})
