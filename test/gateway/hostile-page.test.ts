import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { certificate, fakeClock, startHouse, type TestHouse } from '../support/house.ts'
import { type Answer, knock, RawClient, upgradeText, type Wish } from './raw.ts'

const otherOrigin = 'https://app.example'
const password = 'a long enough sentence'
const clock = fakeClock()
let house: TestHouse
let port: number
let origin: string
/** Every secret that was in somebody's hands. */
const canaries: string[] = []
const visitors: Visitor[] = []

before(async () => {
  const limits = { HANDSHAKESPERSECONDPERADDRESS: '100000', HTTPREQUESTSPERSECONDPERADDRESS: '100000', CONNECTIONSPERACCOUNT: '1000' }
  const settings = Object.fromEntries(Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value]))
  house = await startHouse({ clock, settings: { ...settings, PARLEY__SERVER__ORIGINS: otherOrigin } })
  port = house.service.port
  origin = `https://localhost:${port}`
  for (const name of ['ada', 'bob']) await house.service.house.accounts.add({ name, password, role: 'member' })
})
after(async () => {
  for (const visitor of visitors) visitor.close()
  await house.close()
})

/** A browser in which somebody is signed in. */
async function browser(name: string): Promise<Visitor> {
  const visitor = new Visitor({ port, ca: certificate().cert, origin: otherOrigin })
  visitors.push(visitor)
  assert.equal((await visitor.signIn(name, password)).status, 200)
  canaries.push(...[...visitor.cookies.values()].flatMap((value) => [value, decodeURIComponent(value).slice(2).split('.')[0] ?? value]))
  return visitor
}

/** A ticket for our own page's Origin, as the page gets it. */
async function ticket(visitor: Visitor, from = origin): Promise<string> {
  const { status, json } = await visitor.post('/api/v1/ticket', undefined, { origin: from === origin ? undefined : from })
  assert.equal(status, 200)
  canaries.push(...json.ticket.split('.'))
  return json.ticket
}

const offering = (...tickets: string[]) => ['parley.v1', ...tickets.map((one) => `parley.ticket.${one}`)].join(', ')
const wish = (visitor: Visitor, ...tickets: string[]): Wish & { headers: NonNullable<Wish['headers']> } => ({
  headers: { Cookie: visitor.cookieHeader, Origin: origin, 'Sec-WebSocket-Protocol': offering(...tickets) },
})

/** The same request with some headers changed. */
const but = (given: Wish, headers: Wish['headers']): Wish => ({ ...given, headers: { ...given.headers, ...headers } })

async function assertRefused(given: Wish, status: number, what: string): Promise<Answer> {
  const answer = await knock(port, given)
  assert.equal(answer.status, status, `${what}: ${answer.head}`)
  assert.equal(JSON.parse(answer.body).status, status, what)
  for (const canary of canaries) assert.ok(!`${answer.head}${answer.body}`.includes(canary), `${what}: a credential came back`)
  return answer
}

test('a page with its cookie and a fresh ticket gets a socket of its own login, and no credential back (WSH-04)', async () => {
  const ada = await browser('ada')
  const client = await RawClient.dial(port)
  const answer = await client.say(upgradeText(port, wish(ada, await ticket(ada)))).answer()
  assert.equal(answer.status, 101)
  assert.equal(answer.headers.get('sec-websocket-protocol'), 'parley.v1')
  for (const canary of canaries) assert.ok(!answer.head.includes(canary))
  const welcome = await client.hears({ type: 'welcome' })
  const session = await ada.get('/api/v1/session')
  assert.equal((welcome.login as { id: string }).id, session.json.login.id)
  client.hangUp()
})

test('neither cookie nor ticket opens anything alone, and the two must be of one login and one page (WSH-02, WSH-04)', async () => {
  const [ada, phone, bob] = [await browser('ada'), await browser('ada'), await browser('bob')]
  const good = wish(ada, await ticket(ada))
  await assertRefused(but(good, { Origin: undefined }), 403, 'cookie and ticket without Origin')
  await assertRefused(but(good, { Origin: 'https://evil.example' }), 403, 'a foreign page with both')
  await assertRefused(but(good, { 'Sec-WebSocket-Protocol': 'parley.v1' }), 401, 'no ticket')
  await assertRefused(but(good, { Cookie: undefined }), 401, 'no cookie')
  await assertRefused(but(good, { Cookie: undefined, Origin: undefined }), 401, 'a ticket and nothing else')
  await assertRefused(but(good, { Cookie: phone.cookieHeader }), 401, 'the ticket of her own other browser')
  await assertRefused(but(good, { Cookie: bob.cookieHeader }), 401, 'the ticket of somebody else')
  await assertRefused(but(good, { Origin: otherOrigin }), 401, 'the ticket of another page of ours')
  await assertRefused(wish(ada, await ticket(ada, otherOrigin)), 401, 'the other way round')
  await assertRefused(but(good, { 'Sec-WebSocket-Protocol': offering(await ticket(ada), await ticket(ada)) }), 400, 'two tickets')
  assert.equal((await knock(port, good)).status, 101, 'and none of that used the ticket up')
})

test('a token is no ticket and a ticket is no token (WSH-04, JWT-03)', async () => {
  const ada = await browser('ada')
  const { json } = await ada.post('/api/v1/token')
  canaries.push(...json.token.split('.'))
  await assertRefused(wish(ada, json.token), 401, 'a token as ticket')
  await assertRefused({ headers: { Authorization: `Bearer ${await ticket(ada)}` } }, 401, 'a ticket as token')
  await assertRefused(but(wish(ada, await ticket(ada)), { Authorization: `Bearer ${json.token}` }), 400, 'both')
  for (const junk of ['', 'x', '..', 'a.b.c', 'e30.e30.', `${'a'.repeat(5000)}.b.c`]) {
    await assertRefused(wish(ada, junk), 401, `ticket ${junk.slice(0, 20)}`)
  }
})

test('with a token the cookie beside it says nothing (WSH-02)', async () => {
  const [ada, bob] = [await browser('ada'), await browser('bob')]
  const { json } = await ada.post('/api/v1/token')
  canaries.push(...json.token.split('.'))
  const client = await RawClient.dial(port)
  const headers = { Authorization: `Bearer ${json.token}`, Cookie: bob.cookieHeader }
  assert.equal((await client.say(upgradeText(port, { headers })).answer()).status, 101)
  const welcome = await client.hears({ type: 'welcome' })
  assert.equal((welcome.account as { name: string }).name, 'ada')
  client.hangUp()
})

test('a cookie that was tampered with, doubled or renamed leads nowhere (SES-06)', async () => {
  const [ada, bob] = [await browser('ada'), await browser('bob')]
  const good = wish(ada, await ticket(ada))
  const value = ada.cookies.get('__Host-Http-parley') as string
  const bobs = bob.cookies.get('__Host-Http-parley') as string
  const [name, signed] = ['__Host-Http-parley', decodeURIComponent(value)]
  const bad = [
    `${name}=${value}; ${name}=${value}`,
    `${name}=${value}; ${name}=${bobs}`,
    `${name}=${bobs}; ${name}=${value}`,
    `${name}=${value}; ${name.toLowerCase()}=${value}`,
    `${name}=${value}; =${name}=${bobs}`,
    `=${name}=${value}`,
    `${name.toUpperCase()}=${value}`,
    `x${name}=${value}`,
    `${name}=${value}x`,
    `${name}=${value.slice(0, -1)}`,
    `${name}=${encodeURIComponent(signed.split('.')[0] ?? '')}`,
    `${name}=${encodeURIComponent(signed.slice(2).split('.')[0] ?? '')}`,
    `${name}=s%3A.${signed.split('.')[1]}`,
    `${name}=${encodeURIComponent(`${decodeURIComponent(bobs).split('.')[0]}.${signed.split('.')[1]}`)}`,
    `${name}=%E0%A4%A`,
    `${name}=`,
    '__proto__=x; constructor=y',
    `a=${'b'.repeat(9000)}; ${name}=${value}`,
  ]
  for (const cookie of bad) await assertRefused(but(good, { Cookie: cookie }), 401, `Cookie: ${cookie.slice(0, 40)}`)
  assert.equal((await knock(port, good)).status, 101)
})

test('a ticket opens one socket: of a hundred at once that bring it exactly one (WSH-04)', async () => {
  const ada = await browser('ada')
  const good = wish(ada, await ticket(ada))
  const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.dial(port)))
  for (const client of clients) client.say(upgradeText(port, good))
  const statuses = (await Promise.all(clients.map((client) => client.answer()))).map(({ status }) => status)
  assert.deepEqual([statuses.filter((one) => one === 101).length, statuses.filter((one) => one === 401).length], [1, 99])
  await assertRefused(good, 401, 'and later none')
  for (const client of clients) client.hangUp()
})

test('a ticket holds for thirty seconds, and not longer than its login (WSH-04)', async () => {
  const [ada, phone] = [await browser('ada'), await browser('ada')]
  const [late, early] = [wish(ada, await ticket(ada)), wish(ada, await ticket(ada))]
  clock.pass(29_000)
  assert.equal((await knock(port, early)).status, 101)
  clock.pass(2000)
  await assertRefused(late, 401, 'a ticket of 31 seconds ago')
  const ended = wish(phone, await ticket(phone))
  assert.equal((await phone.post('/api/v1/logout')).status, 200)
  await assertRefused(ended, 401, 'the ticket of a login that has ended')
})

test('no cookie, ticket or token was ever written to the log (WSH-04, LOG-02)', () => {
  const log = house.log.join('\n')
  assert.ok(log.includes('ticket_used') && log.includes('ws_opened'))
  assert.ok(canaries.length > 30)
  for (const canary of canaries) assert.ok(canary.length < 8 || !log.includes(canary), canary)
})
