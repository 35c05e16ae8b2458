import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { knock, RawClient, upgradeText, type Wish } from './raw.ts'

const clock = fakeClock()
let house: TestHouse
let ada: Person
let bob: Person
let port: number

before(async () => {
  const limits = { HANDSHAKESPERSECONDPERADDRESS: '2', CONNECTIONSPERLOGIN: '1', HANDSHAKESINFLIGHT: '1' }
  const settings = Object.fromEntries(Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value]))
  house = await startHouse({ clock, settings })
  ;[ada, bob] = await house.people('ada', 'bob')
  port = house.service.port
})
after(() => house.close())

/** All that can be wrong with a request, in the order in which it must be said. */
const faults: [fault: string, status: number][] = [
  ['Host', 404],
  ['path', 404],
  ['Origin', 403],
  ['query', 400],
  ['Upgrade', 400],
  ['Sec-WebSocket-Version', 426],
  ['Sec-WebSocket-Key', 400],
  ['Sec-WebSocket-Protocol', 400],
  ['ticket', 400],
  ['Authorization', 401],
  ['nothing', 101],
]
const wrong: Record<string, string> = {
  Host: 'evil.example',
  Origin: 'https://evil.example',
  Upgrade: 'h2c',
  'Sec-WebSocket-Version': '8',
  'Sec-WebSocket-Key': 'short',
  'Sec-WebSocket-Protocol': 'parley.v2, parley.ticket.x',
  Authorization: 'Bearer x',
}

/** A request with everything wrong, then with one fault after the other mended; and what each must hear. */
const mending = (token: string) =>
  faults.map(([fault, status], i) => {
    const left = new Set(faults.slice(i).map(([name]) => name))
    const path = left.has('path') ? '/elsewhere?token=x' : left.has('query') ? '/ws?token=x' : '/ws'
    const headers: NonNullable<Wish['headers']> = {
      Authorization: `Bearer ${token}`,
      ...(left.has('ticket') && { 'Sec-WebSocket-Protocol': 'parley.v1, parley.ticket.x' }),
      ...Object.fromEntries(Object.entries(wrong).filter(([name]) => left.has(name))),
    }
    return { fault, status, wish: { path, headers } }
  })
const all = () => mending(ada.token)[0]?.wish as Wish

test('whoever mends one fault at a time hears of the next one in the order of the list (WSH-05, WSH-07)', async () => {
  for (const { fault, wish, status } of mending(ada.token)) {
    clock.pass(10_000)
    assert.equal((await knock(port, wish)).status, status, fault)
  }
})

test('an address that is too fast hears of that before all but path and Host, and path and Host cost it nothing (WSH-10)', async () => {
  clock.pass(10_000)
  for (let i = 0; i < 5; i++) assert.equal((await knock(port, all())).status, 404)
  const addressed = mending(ada.token).slice(2)
  for (const { fault, wish, status } of addressed.slice(0, 2)) assert.equal((await knock(port, wish)).status, status, fault)
  for (const { fault, wish } of addressed) assert.equal((await knock(port, wish)).status, 429, fault)
  assert.equal((await knock(port, all())).status, 404)
})

test('what the store would have to say comes after all that can be seen without it (WSH-06)', async () => {
  const { logins } = house.service.house
  const { find } = logins
  logins.find = async () => {
    throw new Error('the disk is gone')
  }
  try {
    for (const { fault, wish, status } of mending(ada.token)) {
      clock.pass(10_000)
      const answer = await knock(port, wish)
      assert.equal(answer.status, status === 101 ? 503 : status, fault)
      assert.equal(answer.headers.has('retry-after'), status === 101)
      assert.ok(!answer.body.includes('disk'), 'what is broken is nobody’s business')
    }
  } finally {
    logins.find = find
  }
})

test('while as many are being checked as may be, only who would be checked as well is sent away (WSH-09)', async () => {
  const { logins } = house.service.house
  const { find } = logins
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const { promise: asked, resolve: asks } = Promise.withResolvers<void>()
  logins.find = async (id) => {
    asks()
    await held
    return find(id)
  }
  try {
    clock.pass(10_000)
    const first = await RawClient.dial(port)
    first.say(upgradeText(port, { headers: { Authorization: `Bearer ${ada.token}` } }))
    await asked
    for (const { fault, wish, status } of mending(bob.token)) {
      clock.pass(10_000)
      assert.equal((await knock(port, wish)).status, status === 401 || status === 101 ? 503 : status, fault)
    }
    release()
    assert.equal((await first.answer()).status, 101)
    first.hangUp()
  } finally {
    logins.find = find
  }
})

test('a login that has all its connections hears 429 before its ticket is used up (WSH-04, WSH-10)', async () => {
  const { logins, secrets, tokens, webSessions } = house.service.house
  const login = await logins.begin({ account: bob.account.id, credential: 'cookie', label: '', address: '' })
  const { handleOf, keyOf } = webSessions
  webSessions.handleOf = async () => login.id
  webSessions.keyOf = () => secrets.cookieKids()[0]
  try {
    const origin = `https://localhost:${port}`
    const page = async (): Promise<Wish> => {
      const { ticket } = await tokens.ticket(login, origin)
      return { headers: { Cookie: '__Host-Http-parley=x', Origin: origin, 'Sec-WebSocket-Protocol': `parley.v1, parley.ticket.${ticket}` } }
    }
    const [used, fresh] = [await page(), await page()]
    clock.pass(10_000)
    const first = await RawClient.dial(port)
    assert.equal((await first.say(upgradeText(port, used)).answer()).status, 101)
    await first.hears({ type: 'welcome' })
    for (const [what, wish] of [
      ['a used ticket', used],
      ['a fresh one', fresh],
    ] as const) {
      const full = await knock(port, wish)
      assert.equal(full.status, 429, what)
      assert.ok(Number(full.headers.get('retry-after')) >= 1)
      clock.pass(2000)
    }
    const { ticket } = await tokens.ticket({ ...login, id: 'x'.repeat(22) }, origin)
    const foreign = { ...fresh.headers, 'Sec-WebSocket-Protocol': `parley.v1, parley.ticket.${ticket}` }
    assert.equal((await knock(port, { headers: foreign })).status, 401, 'another login’s ticket is a wrong credential')
    first.hangUp()
    while (house.service.connections() > 0) await turnEnd()
    assert.equal((await knock(port, fresh)).status, 101, 'the fresh ticket was not used up')
  } finally {
    webSessions.handleOf = handleOf
    webSessions.keyOf = keyOf
  }
})

test('a server that is stopping says so first of all, to whoever asks at the right place, and when to come back', async () => {
  await house.service.drain()
  for (const { fault, wish, status } of mending(ada.token)) {
    const answer = await knock(port, wish)
    assert.equal(answer.status, status === 404 ? 404 : 503, fault)
    if (status === 404) continue
    assert.ok(Number(answer.headers.get('retry-after')) >= 1, fault)
    assert.equal(JSON.parse(answer.body).code, 'unavailable')
  }
})
