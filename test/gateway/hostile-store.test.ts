import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { type Answer, enter, enterAtLast, frame, knock, RawClient, upgradeText, type Wish } from './raw.ts'

let house: TestHouse
let ada: Person
let port: number
const mended: (() => void)[] = []

beforeEach(async () => {
  house = await startHouse({
    settings: {
      PARLEY__TIMEOUTS__HANDSHAKE: '600ms',
      PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '100000',
      PARLEY__LIMITS__CONNECTIONSPERLOGIN: '1000',
      PARLEY__LIMITS__CONNECTIONSPERACCOUNT: '1000',
    },
  })
  ada = await house.person('ada')
  port = house.service.port
})
afterEach(async () => {
  for (const mend of mended.splice(0)) mend()
  await house.close()
})

/** Puts something else in the place of a method, until it is mended. */
function replace<T extends object, K extends keyof T>(object: T, name: K, by: (original: T[K]) => T[K]): () => void {
  const original = object[name]
  object[name] = by(original)
  const mend = () => {
    object[name] = original
  }
  mended.push(mend)
  return mend
}
const broken = () => Promise.reject(new Error('SQLITE_IOERR: disk I/O error at /secret/place'))
const hanging = () => new Promise<never>(() => undefined)

const byToken = (): Wish => ({ headers: { Authorization: `Bearer ${ada.token}` } })

/** A page of ada's: a cookie that leads to her login (the look-up itself is replaced where it is not the fault), and a fresh ticket. */
async function byPage(): Promise<Wish> {
  const origin = `https://localhost:${port}`
  const { ticket } = await house.service.house.tokens.ticket(ada.login, origin)
  return { headers: { Cookie: '__Host-Http-parley=x', Origin: origin, 'Sec-WebSocket-Protocol': `parley.v1, parley.ticket.${ticket}` } }
}

function assertUnavailable(answer: Answer, what: string): void {
  assert.equal(answer.status, 503, `${what}: ${answer.head}`)
  assert.ok(Number(answer.headers.get('retry-after')) >= 1, what)
  assert.equal(JSON.parse(answer.body).code, 'unavailable')
  assert.ok(!/SQLITE|secret|Error/.test(answer.body), what)
}

/** What has passed stands in nobody's way. A busy machine may miss the short deadline once more, and says so. */
async function isLetIn(wish: () => Wish | Promise<Wish>): Promise<void> {
  for (;;) {
    const { status } = await knock(port, await wish())
    if (status === 101) return
    assert.equal(status, 503)
  }
}

const faults = [
  ['throws', broken],
  ['hangs', hanging],
] as const
for (const [how, fault] of faults) {
  test(`a store that ${how} while a caller is checked is 503, never a verdict about the caller, and passes when it has passed (WSH-06)`, async () => {
    const { logins, tokens, webSessions } = house.service.house
    let mend = replace(logins, 'find', () => fault)
    assertUnavailable(await knock(port, byToken()), 'find, by token')
    replace(webSessions, 'handleOf', () => async () => ada.login.id)
    assertUnavailable(await knock(port, await byPage()), 'find, by page')
    mend()
    await isLetIn(byToken)

    mend = replace(tokens, 'consume', () => fault)
    assertUnavailable(await knock(port, await byPage()), 'consume')
    mend()
    await isLetIn(byPage)

    mend = replace(webSessions, 'handleOf', () => fault)
    assertUnavailable(await knock(port, await byPage()), 'handleOf')
    mend()
    await isLetIn(byPage)
    ;(await enterAtLast(port, ada.token)).hangUp()
  })
}

test('an answer of the store that comes after the deadline lets nobody in (WSH-05, WSH-06)', async () => {
  const { logins } = house.service.house
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  replace(logins, 'find', (find) => async (id) => {
    await held
    return find(id)
  })
  assertUnavailable(await knock(port, byToken()), 'late')
  release()
  for (let i = 0; i < 50; i++) await turnEnd()
  assert.equal(house.service.connections(), 0)
  assert.ok(!house.log.join('').includes('ws_opened'))
})

test('a hundred who vanish while the store is asked about them are forgotten, and the next is let in (WSH-09, WSF-13)', async () => {
  const { logins } = house.service.house
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let asked = 0
  const mend = replace(logins, 'find', (find) => async (id) => {
    asked++
    await held
    return find(id)
  })
  const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.dial(port)))
  for (const client of clients) client.say(upgradeText(port, byToken())).say(frame('{"type":"ping","ref":1}'))
  while (asked < clients.length) await turnEnd()
  for (const client of clients) client.hangUp()
  release()
  mend()
  await Promise.all(clients.map((client) => client.closed))
  ;(await enterAtLast(port, ada.token)).hangUp()
  while (house.service.connections() > 0) await turnEnd()
})

test('who vanishes before the welcome is not remembered in a room that came meanwhile', async () => {
  const bob = await house.person('bob')
  const room = await house.room('tea', [ada], 'public')
  const { rooms } = house.service.house
  const mend = replace(rooms, 'list', () => hanging)
  const early = await RawClient.dial(port)
  assert.equal((await early.say(upgradeText(port, { headers: { Authorization: `Bearer ${bob.token}` } })).answer()).status, 101)
  await rooms.join({ account: bob.account.id, login: bob.login.id }, room)
  early.hangUp()
  while (house.service.connections() > 0) await turnEnd()
  mend()
  const [b, a] = [await enter(port, bob.token), await enter(port, ada.token)]
  const { accounts } = (await a.hears({ type: 'presence' })) as { accounts: { account: string }[] }
  assert.equal(accounts.filter(({ account }) => account === bob.account.id).length, 1)
  for (const client of [a, b]) client.hangUp()
})

test('a store that fails when the welcome is read closes with 1013, not with silence (WSH-06)', async () => {
  const { rooms } = house.service.house
  const mend = replace(rooms, 'list', () => broken)
  const client = await RawClient.dial(port)
  assert.equal((await client.say(upgradeText(port, byToken())).answer()).status, 101)
  assert.equal(await client.closeCode(), 1013)
  client.hangUp()
  mend()
  ;(await enterAtLast(port, ada.token)).hangUp()
})

test('a store that fails under a frame is `internal` for that frame and no more (WSF-13, LOG-05)', async () => {
  const { messages } = house.service.house
  const client = await enter(port, ada.token)
  const mend = replace(messages, 'history', () => () => {
    throw new Error('not even a promise')
  })
  client.say(frame('{"type":"history","ref":1,"room":"x"}')).say(frame('{"type":"ping","ref":2}'))
  const refused = await client.hears({ ref: 1 })
  assert.deepEqual([refused.type, refused.code], ['refused', 'internal'])
  assert.ok(!String(refused.message).includes('promise'))
  assert.equal((await client.hears({ ref: 2 })).type, 'ok')
  mend()
  client.say(frame('{"type":"history","ref":3,"room":"x"}'))
  assert.equal((await client.hears({ ref: 3 })).code, 'no_such_room')
  client.hangUp()
})
