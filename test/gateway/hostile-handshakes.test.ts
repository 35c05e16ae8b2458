import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, test } from 'node:test'
import { setImmediate as turnEnd, setTimeout as wait } from 'node:timers/promises'
import { admit, type Caller, type Guard, NoEntry } from '../../src/gateway/admission.ts'
import { startHouse, type TestHouse } from '../support/house.ts'
import { type Chance, chance, often, seedOf } from './chance.ts'
import { enter, enterAtLast, frame, knock, RawClient, upgradeText, type Wish } from './raw.ts'

const guard = { timeout: often(120_000) }
const plenty = {
  LIMITS__HANDSHAKESPERSECONDPERADDRESS: '100000',
  LIMITS__CONNECTIONSPERLOGIN: '1000',
  LIMITS__CONNECTIONSPERACCOUNT: '1000',
}
let house: TestHouse
let port: number

async function open(settings: Record<string, string> = {}): Promise<void> {
  const all = Object.entries({ ...plenty, ...settings })
  house = await startHouse({ settings: Object.fromEntries(all.map(([name, value]) => [`PARLEY__${name}`, value])) })
  port = house.service.port
}
afterEach(() => house.close())

const bearer = (token: string, headers: Wish['headers'] = {}): Wish => ({ headers: { Authorization: `Bearer ${token}`, ...headers } })
const sockets = () => new Promise<number>((resolve) => house.service.server.getConnections((_, count) => resolve(count)))
/** What went wrong by the log: faults of ours, not refusals. */
const faults = () => house.log.filter((line) => (JSON.parse(line) as { level: number }).level >= 50)

/** Every row there is. What is only in somebody's memory is not there. */
function everything(): string {
  const [file = ''] = globSync(join(house.folder, '**/parley.db'))
  const db = new DatabaseSync(file, { readOnly: true })
  const names = db.prepare("select name from sqlite_master where type = 'table' order by name").all() as { name: string }[]
  const all = names.map(({ name }) => [name, db.prepare(`select * from "${name}"`).all()])
  db.close()
  return JSON.stringify(all, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value))
}

test('upgrades by nobody in particular leave nothing in the store and no cookie at the caller (WSH-12)', guard, async () => {
  await open()
  const origin = `https://localhost:${port}`
  const offer = (ticket: string) => ({ Origin: origin, 'Sec-WebSocket-Protocol': `parley.v1, parley.ticket.${ticket}` })
  const wishes: Wish[] = [
    {},
    { headers: { Cookie: '__Host-Http-parley=s%3Aabc.def', ...offer('e30.e30.e30') } },
    { headers: { Cookie: 'connect.sid=s%3Aabc.def', Origin: origin } },
    { headers: { Cookie: '__Host-Http-parley=x', Origin: 'https://evil.example' } },
    bearer('e30.e30.e30'),
    { ...bearer('x'), path: '/ws?token=x' },
    { path: '/' },
  ]
  const before = everything()
  assert.ok(before.includes('account'), 'the store was found')
  for (let round = 0; round < often(20); round++) {
    const answers = await Promise.all(wishes.map((wish) => knock(port, wish)))
    for (const { status, headers } of answers) {
      assert.ok(status >= 400, `${status}`)
      assert.ok(!headers.has('set-cookie'))
    }
  }
  assert.equal(everything(), before)
})

test('hundreds who dribble their headers, or say nothing, are cut off, and keep nobody out meanwhile (WSH-05, WSH-09)', guard, async () => {
  await open({ TIMEOUTS__HEADERS: '1s' })
  const ada = await house.person('ada')
  const slow = await Promise.all(Array.from({ length: 150 }, () => RawClient.dial(port)))
  const beginnings = ['', 'G', 'GET /ws HTTP/1.1\r\n', upgradeText(port, bearer(ada.token)).slice(0, -2)]
  for (const [i, client] of slow.entries()) client.say(beginnings[i % beginnings.length] as string)
  let header = 0
  const dribble = setInterval(() => {
    header++
    for (const [i, { socket }] of slow.entries()) if (i % 4 > 1 && !socket.destroyed) socket.write(`X-${header}: y\r\n`)
  }, 100)
  const all = Promise.all(slow.map(({ closed }) => closed))
  let isOver = false
  void all.then(() => {
    isOver = true
  })
  let entered = 0
  for (; !isOver || entered < 3; entered++) (await enterAtLast(port, ada.token)).hangUp()
  clearInterval(dribble)
  while ((await sockets()) > 0) await turnEnd()
  assert.deepEqual(faults(), [])
})

test('checks that a hanging store never ends are counted until it does: no more are begun (WSH-06, WSH-09)', guard, async () => {
  await open({ TIMEOUTS__HANDSHAKE: '100ms', LIMITS__HANDSHAKESINFLIGHT: '3' })
  const ada = await house.person('ada')
  const { logins } = house.service.house
  const { find } = logins
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  let asked = 0
  logins.find = async (id) => {
    asked++
    await held
    return find(id)
  }
  for (let i = 0; i < 3; i++) assert.equal((await knock(port, bearer(ada.token))).status, 503)
  for (let i = 0; i < 10; i++) {
    const answer = await knock(port, bearer(ada.token))
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers.get('retry-after')) >= 1)
  }
  assert.equal(asked, 3, 'those that were told to wait had ended, their questions had not')
  logins.find = find
  release()
  ;(await enterAtLast(port, ada.token)).hangUp()
})

test('a quota keeps its owner out and nobody else; whoever is in stays in (WSH-10)', guard, async () => {
  await open({ LIMITS__CONNECTIONSPERLOGIN: '2', LIMITS__CONNECTIONSPERACCOUNT: '3', LIMITS__CONNECTIONS: '6' })
  const [eve, ada, bob] = await house.people('eve', 'ada', 'bob')
  const [laptop, phone] = [await house.login(eve.account), await house.login(eve.account)]
  const inside: RawClient[] = []
  const full = async (token: string, words: RegExp) => {
    const answer = await knock(port, bearer(token))
    assert.equal(answer.status, 429)
    assert.match(JSON.parse(answer.body).detail, words)
  }
  for (let i = 0; i < 2; i++) inside.push(await enter(port, laptop.token))
  await full(laptop.token, /A login can have at most 2/)
  inside.push(await enter(port, phone.token))
  await full(phone.token, /An account can have at most 3/)
  await full(eve.token, /An account can have at most 3/)
  for (let i = 0; i < 2; i++) inside.push(await enter(port, ada.token))
  inside.push(await enter(port, bob.token))
  await full(bob.token, /This server has as many/)
  for (const [i, client] of inside.entries()) {
    client.say(frame(`{"type":"ping","ref":${i + 1}}`))
    assert.equal((await client.hears({ ref: i + 1 })).type, 'ok')
  }
  inside.pop()?.hangUp()
  while (house.service.connections() > 5) await turnEnd()
  inside.push(await enter(port, bob.token))
  for (const client of inside) client.hangUp()
})

test('of many who come at once no more are let in than may be (WSH-10)', guard, async () => {
  await open({ LIMITS__CONNECTIONSPERLOGIN: '2' })
  const ada = await house.person('ada')
  const clients = await Promise.all(Array.from({ length: 50 }, () => RawClient.dial(port)))
  for (const client of clients) client.say(upgradeText(port, bearer(ada.token)))
  const statuses = (await Promise.all(clients.map((client) => client.answer()))).map(({ status }) => status)
  assert.deepEqual([statuses.filter((one) => one === 101).length, statuses.filter((one) => one === 429).length], [2, 48])
  for (const client of clients) client.hangUp()
})

const odd = [
  '',
  ' ',
  '\0',
  'a',
  'é',
  '\u2028',
  ',',
  ';',
  '=',
  '"',
  '\\',
  '%',
  '%00',
  '/',
  '?',
  '#',
  ':',
  '@',
  '__proto__',
  'x'.repeat(5000),
  '13',
  '0',
]

/** A text with pieces cut out, doubled, put elsewhere or replaced. */
function mangle(text: string, { below, pick }: Chance): string {
  const [at, to] = [below(text.length + 1), below(text.length + 1)].sort((a, b) => a - b) as [number, number]
  const cut = at + Math.min(to - at, 1 + below(12))
  const ways = [
    () => text.slice(0, at) + pick(odd) + text.slice(at),
    () => text.slice(0, at) + text.slice(cut),
    () => text.slice(0, at) + pick(odd) + text.slice(cut),
    () => text.slice(0, cut) + text.slice(at),
    () => text.slice(0, at) + text.slice(at, cut).toUpperCase() + text.slice(cut),
    () => text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1),
  ]
  return pick(ways)()
}

test('a handshake without a credential is never let in and never breaks anything, however it is mangled (WSH-07)', guard, async (t) => {
  await open({ TIMEOUTS__HEADERS: '500ms' })
  const luck = chance(seedOf(t))
  const texts = Array.from({ length: often(125) }, () => {
    let text = upgradeText(port, luck.below(3) === 0 ? bearer('e30.e30.e30') : {})
    for (let times = 1 + luck.below(3); times > 0; times--) text = mangle(text, luck)
    return text
  })
  while (texts.length > 0) {
    await Promise.all(
      texts.splice(0, 125).map(async (text) => {
        const client = await RawClient.dial(port)
        const { status } = await client.say(Buffer.from(text, 'latin1')).answer()
        assert.notEqual(status, 101, JSON.stringify(text))
        client.hangUp()
      }),
    )
  }
  while ((await sockets()) > 0) await wait(5)
  assert.deepEqual(faults(), [])
  assert.ok(!house.log.join('').includes('ws_opened'))
  ;(await enterAtLast(port, (await house.person('ada')).token)).hangUp()
})

test('whatever the headers are, the verdict on them is a refusal in words of ours (WSH-07)', guard, async (t) => {
  await open()
  const luck = chance(seedOf(t))
  const never = async () => undefined
  const doors: Guard = {
    logins: { find: never },
    tokens: { readToken: never, readTicket: never, consume: async () => false },
    sessions: { handleOf: never, keyOf: () => undefined },
    ...{ isHost: (host) => host === 'chat.example', isOrigin: (origin) => origin === 'https://chat.example' },
    ...{ isDraining: () => false, isBusy: () => false, pace: () => 0, quota: () => undefined },
  }
  const good = {
    ...{ host: 'chat.example', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
    ...{ 'sec-websocket-protocol': 'parley.v1, parley.ticket.e30.e30.e30', origin: 'https://chat.example', cookie: '__Host-Http-parley=x' },
    ...{ authorization: 'Bearer e30.e30.e30', 'sec-fetch-site': 'same-origin', 'content-length': '0' },
  }
  const seen = new Set<number>()
  for (let round = 0; round < often(8_000); round++) {
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(good)) {
      const fate = luck.below(12)
      if (fate > 1 || name === 'host') headers[name] = fate === 2 && name !== 'host' ? mangle(value, luck) : value
    }
    if (luck.below(3) > 0) delete headers[luck.pick(['authorization', 'cookie'])]
    const url = luck.below(10) === 0 ? mangle('/ws', luck) : '/ws'
    const caller: Caller = { method: 'GET', url, version: luck.below(50) === 0 ? '1.0' : '1.1', headers, address: '192.0.2.1' }
    const error: unknown = await admit(caller, doors).catch((error: unknown) => error)
    if (!(error instanceof NoEntry)) assert.fail(`${error} for ${JSON.stringify(caller)}`)
    seen.add(error.status)
  }
  assert.deepEqual([...seen].sort(), [400, 401, 403, 404, 426])
})
