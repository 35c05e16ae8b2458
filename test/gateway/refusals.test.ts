import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { type Answer, frame, knock, RawClient, upgradeText, type Wish } from './raw.ts'

const attempts = 20
let house: TestHouse
let ada: Person
let port: number

beforeEach(async () => {
  const settings = { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: String(attempts), PARLEY__SERVER__PUBLICURL: 'https://chat.example' }
  house = await startHouse({ clock: fakeClock(), settings })
  ada = await house.person('ada')
  port = house.service.port
})
afterEach(() => house.close())

const withToken = (headers: Wish['headers'] = {}): Wish & { headers: NonNullable<Wish['headers']> } => ({
  headers: { Authorization: `Bearer ${ada.token}`, ...headers },
})

/** One way to each status; those that change the house come last. */
const refusals: [status: number, wish: () => Wish, before?: () => unknown][] = [
  [404, () => ({ ...withToken(), path: '/elsewhere' })],
  [403, () => withToken({ Origin: 'https://evil.example' })],
  [400, () => withToken({ 'Sec-WebSocket-Protocol': undefined })],
  [426, () => withToken({ 'Sec-WebSocket-Version': '8' })],
  [401, () => ({})],
  [429, withToken, () => Promise.all(Array.from({ length: attempts }, () => knock(port)))],
  [503, withToken, () => house.service.drain()],
]

async function ask(text: string): Promise<Answer> {
  const client = await RawClient.dial(port)
  const answer = await client.say(text).answer()
  client.hangUp()
  return answer
}
const page = (host: string) => ask(`GET /api/v1/nothing HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)

/** What belongs to the one answer, or says how a page may behave. */
const own = [
  'content-type',
  'content-length',
  'content-security-policy',
  'connection',
  'date',
  'etag',
  'reporting-endpoints',
  'vary',
  'x-request-id',
]

/** All that protects a page goes with this as well, and nothing that a page could do is allowed. */
function assertProtected(answer: Answer, like: Answer, what: string): void {
  assert.equal(answer.headers.get('content-security-policy'), "default-src 'none'; frame-ancestors 'none'", what)
  const shared = [...like.headers].filter(([name]) => !own.includes(name))
  assert.ok(shared.length >= 13, String(shared))
  for (const [name, value] of shared) assert.equal(answer.headers.get(name), value, `${what}: ${name}`)
}

test('a refused upgrade carries the same protection as every other answer, whatever its status (WEB-05)', async () => {
  for (const [status, wish, before] of refusals) {
    const [named, local] = [await page('chat.example'), await page(`localhost:${port}`)]
    assert.ok(named.headers.has('strict-transport-security') && !local.headers.has('strict-transport-security'))
    await before?.()
    for (const [host, like] of [
      ['chat.example', named],
      [`localhost:${port}`, local],
    ] as const) {
      const given = wish()
      const answer = await knock(port, { ...given, headers: { ...given.headers, Host: host } })
      assert.equal(answer.status, status, host)
      assert.equal(JSON.parse(answer.body).status, status)
      assertProtected(answer, like, `${status} for ${host}`)
      assert.equal(answer.headers.has('strict-transport-security'), host === 'chat.example', host)
    }
  }
})

test('so does the answer to what is no HTTP at all (WEB-05)', async () => {
  const answer = await ask('\0\0\0\0\r\n\r\n')
  assert.equal(answer.status, 400)
  assertProtected(answer, await page(`localhost:${port}`), 'junk')
})

const refusedLines = () =>
  house.log
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ status, reason }) => status !== undefined && reason !== undefined)

test('a page of another Origin is told apart in the log as `malicious_csrf`, once, with where it came from (WSH-03, LOG-01)', async () => {
  const origin = `https://localhost:${port + 1}`
  const foreign: [reason: string, headers: Wish['headers'], origin: string][] = [
    ['origin', { Origin: origin }, origin],
    ['origin', { Origin: `https://evil.example/${'x'.repeat(1000)}` }, `https://evil.example/${'x'.repeat(1000)}`.slice(0, 200)],
    ['sec_fetch_site', { Origin: 'https://chat.example', 'Sec-Fetch-Site': 'same-site' }, 'https://chat.example'],
    ['cookie_without_origin', { Authorization: undefined, Cookie: '__Host-Http-parley=x' }, ''],
  ]
  for (const [reason, headers, from] of foreign) {
    const before = refusedLines().length
    assert.equal((await knock(port, withToken(headers))).status, 403, reason)
    const lines = refusedLines().slice(before)
    assert.deepEqual(
      lines.map(({ event, status, reason, address, origin }) => ({ event, status, reason, address, origin })),
      [{ event: 'malicious_csrf', status: 403, reason, address: '127.0.0.1', origin: from }],
    )
  }
})

test('a refusal for any other reason is no attack of a page (LOG-01)', async () => {
  for (const [status, wish, before] of refusals.filter(([status]) => status !== 403)) {
    await before?.()
    const told = refusedLines().length
    await knock(port, wish())
    assert.deepEqual(
      refusedLines()
        .slice(told)
        .map(({ event, status }) => [event, status]),
      [['ws_refused', status]],
    )
  }
})

test('a connection is in the log when it opens and when it closes: whose, from where, how long, how much (LOG-04)', async () => {
  const client = await RawClient.dial(port)
  assert.equal((await client.say(upgradeText(port, withToken({ Origin: 'https://chat.example' }))).answer()).status, 101)
  await client.hears({ type: 'welcome' })
  client.say(frame(Buffer.of(0x03, 0xe8), { opcode: 8 }))
  assert.equal(await client.closeCode(), 1000)
  client.hangUp()
  while (house.service.connections() > 0) await turnEnd()
  const lines = house.log.map((line) => JSON.parse(line) as Record<string, unknown>)
  const [opened, closed] = [lines.find(({ event }) => event === 'ws_opened'), lines.find(({ event }) => event === 'ws_closed')]
  for (const line of [opened, closed]) assert.deepEqual([line?.account, line?.login], [ada.account.id, ada.login.id])
  assert.equal(opened?.connection, closed?.connection)
  assert.deepEqual([opened?.address, opened?.origin], ['127.0.0.1', 'https://chat.example'])
  assert.deepEqual([closed?.code, closed?.ms], [1000, 0])
  assert.ok(Number(closed?.received) > 0 && Number(closed?.sent) > 100, JSON.stringify(closed))
})
