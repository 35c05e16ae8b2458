import assert from 'node:assert/strict'
import { createSign, generateKeyPairSync } from 'node:crypto'
import { after, before, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { Guest } from '../support/guest.ts'
import { certificate, type Person, startHouse, type TestHouse } from '../support/house.ts'

const password = 'a long enough sentence'
const unbounded = { SIGNINSPERMINUTEPERACCOUNT: '100000', SIGNINSPERMINUTEPERADDRESS: '100000', HTTPREQUESTSPERSECONDPERADDRESS: '100000' }
const fast = { POSTSPERSECOND: '100000', POSTBURST: '100000', HANDSHAKESPERSECONDPERADDRESS: '100000', LOGINSPERACCOUNT: '10000' }

let house: TestHouse
let ada: Person
let bob: Person
const visitors: Visitor[] = []
const guests: Guest[] = []

before(async () => {
  const limits = Object.entries({ ...unbounded, ...fast }).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])
  house = await startHouse({ settings: Object.fromEntries(limits) })
  ;[ada, bob] = await house.people('ada', 'bob')
  await house.service.house.accounts.add({ name: 'carol', role: 'member', password })
})
after(async () => {
  for (const visitor of visitors) visitor.close()
  for (const guest of guests) guest.ws.terminate()
  await house.close()
})

/** Carol in one more browser. */
async function signIn(): Promise<Visitor> {
  const visitor = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  visitors.push(visitor)
  assert.equal((await visitor.signIn('carol', password)).status, 200)
  return visitor
}

/** Her page opens its socket: cookie and ticket. */
async function openPage(visitor: Visitor): Promise<Guest> {
  const { status, json } = await visitor.post('/api/v1/ticket')
  assert.equal(status, 200)
  const headers = { cookie: visitor.cookieHeader ?? '', origin: house.url }
  return enter({ headers, protocols: ['parley.v1', `parley.ticket.${json.ticket}`] })
}

async function enter(options: { token?: string; headers?: Record<string, string>; protocols?: string[] }): Promise<Guest> {
  const guest = new Guest(`wss://localhost:${house.service.port}/ws`, { ...options, ca: certificate().cert })
  guests.push(guest)
  await guest.hears('welcome')
  return guest
}

const stays = async (guest: Guest) => assert.equal((await guest.ask('ping')).type, 'ok')
const active = (kind: 'token' | 'cookie') =>
  house.service.house.keys.list().find((key) => key.kind === kind && key.state === 'active')?.id ?? assert.fail()

test('a token key that others have is thrown away: connections by it close with 4301, its tokens are refused, and nothing else (JWT-08)', async () => {
  const { keys } = house.service.house
  await keys.rotate('token')
  const carol = await signIn()
  const page = await openPage(carol)
  const stolen = await enter({ token: (await carol.post('/api/v1/token')).json.token })
  const { json } = await carol.post('/api/v1/token')
  const renewing = await enter({ token: json.token })
  const leaked = active('token')
  await keys.rotate('token')
  const other = await enter({ token: (await carol.post('/api/v1/token')).json.token })
  await renewing.ask('renew', { token: (await carol.post('/api/v1/token')).json.token })

  const retired = await keys.retire(leaked)
  assert.deepEqual([retired.logins, retired.connections], [0, 1])
  assert.deepEqual(await stolen.ended(), { code: 4301, reason: 'This login was ended.' })
  for (const guest of [page, other, renewing]) await stays(guest)
  const late = new Guest(`wss://localhost:${house.service.port}/ws`, { token: json.token, ca: certificate().cert })
  assert.equal(await new Promise((resolve) => late.ws.on('unexpected-response', (_, { statusCode }) => resolve(statusCode))), 401)
  assert.equal((await carol.get('/api/v1/session')).status, 200)
})

test('a cookie secret that others have is thrown away: its pages close with 4301 and its cookies are nobody’s (SES-14)', async () => {
  const { keys } = house.service.house
  await keys.rotate('cookie')
  const [old, program] = [await signIn(), await house.connect(bob)]
  const page = await openPage(old)
  const leaked = active('cookie')
  await keys.rotate('cookie')
  const fresh = await signIn()
  const safe = await openPage(fresh)

  const retired = await keys.retire(leaked)
  assert.deepEqual([retired.logins, retired.connections], [1, 1])
  assert.equal((await page.ended()).code, 4301)
  assert.equal((await old.get('/api/v1/session')).status, 401)
  assert.equal((await fresh.get('/api/v1/session')).status, 200)
  for (const guest of [safe, program]) await stays(guest)
})

test('a connection that is being opened by a key as it is thrown away does not stay open (JWT-08)', async () => {
  const { keys, logins } = house.service.house
  const carol = await signIn()
  const { json } = await carol.post('/api/v1/token')
  const { find } = logins
  const kid = active('token')
  let asked = 0
  // The first look-up is the door's, the second that before the welcome: in between, the key goes.
  logins.find = async (id) => {
    const found = await find(id)
    if (++asked === 1) await keys.retire(kid)
    return found
  }
  try {
    const late = new Guest(`wss://localhost:${house.service.port}/ws`, { token: json.token, ca: certificate().cert })
    guests.push(late)
    assert.equal((await late.ended()).code, 4301)
    assert.ok(!late.frames.some(({ type }) => type === 'welcome'))
  } finally {
    logins.find = find
  }
})

test('tokens of keys that were never ours are refused, a hundred kinds of them, and the server goes on (JWT-02, JWT-08)', async () => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = JSON.parse(Buffer.from(ada.token.split('.')[1] ?? '', 'base64url').toString())
  const kids = [
    '',
    'x',
    '__proto__',
    'constructor',
    '../key',
    '\u0000',
    'x'.repeat(2_000),
    ...Array.from({ length: 93 }, (_, i) => `kid-${i}`),
  ]
  for (const kid of kids) {
    const text = `${part({ alg: 'ES256', typ: 'at+jwt', kid })}.${part(claims)}`
    const signature = createSign('sha256').update(text).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')
    assert.equal(await house.refusal({ ...ada, token: `${text}.${signature}` }), 401, kid)
  }
  await stays(await house.connect(ada))
})
