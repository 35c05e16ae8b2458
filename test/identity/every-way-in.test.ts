import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Login } from '../../src/identity/logins.ts'
import { Visitor } from '../http/visitor.ts'
import { Guest, type GuestOptions } from '../support/guest.ts'
import { certificate, fakeClock, startHouse, type TestHouse } from '../support/house.ts'
import { password, refusal } from './household.ts'

let house: TestHouse
const clock = fakeClock()
const visitors: Visitor[] = []
const guests: Guest[] = []
before(async () => {
  house = await startHouse({ clock, settings: { PARLEY__LIMITS__HTTPREQUESTSPERSECONDPERADDRESS: '100000' } })
  for (const name of ['ada', 'bob']) await house.service.house.accounts.add({ name, role: 'member', password })
  await house.service.house.accounts.add({ name: 'root', role: 'admin', password })
})
after(async () => {
  for (const visitor of visitors) visitor.close()
  for (const { ws } of guests) ws.terminate()
  await house.close()
})

function browser(): Visitor {
  const visitor = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  visitors.push(visitor)
  return visitor
}

/** 101, or the status of the refusal. */
function knock(options: GuestOptions): Promise<number> {
  const guest = new Guest(`wss://localhost:${house.service.port}/ws`, { ...options, ca: certificate().cert })
  guests.push(guest)
  return new Promise((resolve) => {
    guest.ws.once('unexpected-response', (_, { statusCode }) => resolve(statusCode ?? 0))
    guest.ws.once('open', () => resolve(101))
  })
}

/** Everything with which somebody who was signed in could come back, and what each leads to now. */
async function waysIn(name: string) {
  const { accounts, logins, tokens } = house.service.house
  const account = (await accounts.find(name)) ?? assert.fail()
  const here = browser()
  assert.equal((await here.signIn(name, password)).status, 200)
  const { token } = (await here.post('/api/v1/token')).json as { token: string }
  const tickets = await Promise.all([1, 2].map(async () => (await here.post('/api/v1/ticket')).json.ticket as string))
  const cookie = here.cookieHeader ?? ''
  const begin = () => logins.begin({ account: account.id, credential: 'token', label: '', address: '', expiresAt: clock.now() + 3_600_000 })
  const issued: Login = await begin()
  const { token: long } = await tokens.token(issued, { expiresAt: issued.expiresAt })
  const page = (ticket: string) => ({ headers: { cookie, origin: house.url }, protocols: ['parley.v1', `parley.ticket.${ticket}`] })
  const bearer = (jwt: string) => browser().get('/api/v1/rooms', { authorization: `Bearer ${jwt}` })
  const form = `name=${name}&password=${encodeURIComponent(password)}`
  let used = 0
  return {
    account,
    ways: {
      'the cookie, reading': async () => (await here.get('/api/v1/session')).status,
      'the cookie, for a ticket': async () => (await here.post('/api/v1/ticket')).status,
      'the cookie, for a token': async () => (await here.post('/api/v1/token')).status,
      'the cookie, with its password': async () => (await here.post('/api/v1/password', { current: password, next: password })).status,
      'a token, over HTTP': async () => (await bearer(token)).status,
      'a token, at the socket': () => knock({ token }),
      'a token of the operator, over HTTP': async () => (await bearer(long)).status,
      'a token of the operator, at the socket': () => knock({ token: long }),
      'cookie and ticket, at the socket': () => knock(page(tickets[used++] ?? '')),
      'name and password': async () => (await browser().signIn(name, password)).status,
      'name and password, on a known device': async () => {
        const again = browser()
        for (const [one, value] of here.cookies) if (one.endsWith('-device')) again.cookies.set(one, value)
        return (await again.signIn(name, password)).status
      },
      'name and password, by the form': async () => (await browser().post('/login', form)).status,
      'a new token of the operator': () =>
        begin().then(
          () => 200,
          (error) => (refusal('signed_out')(error) ? 401 : 0),
        ),
    },
  }
}

test('a disabled account is refused on every way in, each of which was open before, and bob’s stay open (AUT-11)', async () => {
  const [ada, bob] = [await waysIn('ada'), await waysIn('bob')]
  const good = new Set([200, 101, 303])
  for (const [way, go] of Object.entries(ada.ways))
    if (way !== 'the cookie, with its password') assert.ok(good.has(await go()), `${way}, before`)
  const open = guests.slice()
  const ended = await house.service.house.accounts.disable(ada.account.id)
  assert.ok(ended.connections >= 3)
  for (const guest of open) assert.equal((await guest.ended()).code, 4302)
  for (const [way, go] of Object.entries(ada.ways)) assert.equal(await go(), 401, way)
  for (const [way, go] of Object.entries(bob.ways))
    if (way !== 'the cookie, with its password') assert.ok(good.has(await go()), `${way}, bob`)
})

test('enabled again she signs in anew, and nothing from before leads anywhere (AUT-11)', async () => {
  const { accounts } = house.service.house
  const bob = await waysIn('bob')
  await accounts.disable(bob.account.id)
  await accounts.enable(bob.account.id)
  for (const [way, go] of Object.entries(bob.ways)) {
    const isNew = way.startsWith('name and password') || way.startsWith('a new token')
    assert.equal((await go()) !== 401, isNew, way)
  }
})

test('guessing tokens at the socket is slowed like guessing passwords: fifty looks a second from one address, whoever is behind it (AUT-13)', async () => {
  clock.pass(60_000)
  const { token } = await house.person('carol')
  const forged = `${token.slice(0, -6)}AAAAAA`
  const statuses: number[] = []
  for (let i = 0; i < 12; i += 1)
    statuses.push(...(await Promise.all(Array.from({ length: 10 }, () => knock({ token: forged, from: '127.0.0.7' })))))
  assert.deepEqual([statuses.filter((status) => status === 401).length, statuses.filter((status) => status === 429).length], [50, 70])
  assert.equal(await knock({ token, from: '127.0.0.7' }), 429, 'the right one as well, so that nobody learns which it is')
  assert.equal(await knock({ token, from: '127.0.0.8' }), 101, 'and nobody else is kept out')
  clock.pass(1_000)
  assert.equal(await knock({ token, from: '127.0.0.7' }), 101)
})

test('a socket takes no name and no password: nobody is on it who has not come in by the door (AUT-13)', async () => {
  const ada = await house.connect(await house.person('dora'))
  const attempts = ['login', 'auth', 'authenticate', 'signin'].map((type) => ada.ask(type, { name: 'root', password, token: 'x' }))
  for (const answer of await Promise.all(attempts)) assert.equal(answer.code, 'bad_frame')
  for (let i = 0; i < 20; i += 1) assert.equal((await ada.ask('renew', { token: `x.y.${i}` })).code, 'signed_out')
  assert.equal((await ada.ask('ping')).type, 'ok', 'and she is still dora')
})
