import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { hostileHosts, hostileOrigins } from './hostile-headers.ts'
import { type Answer, knock, type Wish } from './raw.ts'

let house: TestHouse
let ada: Person
let port: number

before(async () => {
  house = await startHouse({ settings: { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '100000' } })
  ada = await house.person('ada')
  port = house.service.port
})
after(() => house.close())

const withToken = (headers: Wish['headers'] = {}) => ({ headers: { Authorization: `Bearer ${ada.token}`, ...headers } })

/** Refused, in the form that every refusal has, with nothing in it that was sent as a credential. */
function assertRefused(answer: Answer, status: number, what: string): { code: string; detail: string } {
  assert.equal(answer.status, status, `${what} → ${answer.head}`)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json', what)
  const problem = JSON.parse(answer.body)
  assert.equal(problem.status, status, what)
  for (const field of ['type', 'title', 'code', 'detail']) assert.equal(typeof problem[field], 'string', `${what}: ${field}`)
  assert.ok(!`${answer.head}${answer.body}`.includes(ada.token), what)
  return problem
}

test('no foreign page opens the socket: of a hundred hostile Origins every one gets 403 (WSH-01, WSH-03)', async () => {
  const origins = hostileOrigins(port)
  assert.ok(origins.length >= 90, `${origins.length}`)
  for (const origin of origins) {
    const problem = assertRefused(await knock(port, withToken({ Origin: origin })), 403, `Origin: ${String(origin).slice(0, 200)}`)
    assert.equal(problem.code, 'forbidden')
  }
})

test('our own page, and a program that sends no Origin, are let in (WSH-01, WSH-02)', async () => {
  assert.equal((await knock(port, withToken({ Origin: `https://localhost:${port}` }))).status, 101)
  assert.equal((await knock(port, withToken())).status, 101)
  assert.equal((await knock(port, withToken({ 'Sec-Fetch-Site': 'same-origin' }))).status, 101)
})

test('a cookie without an Origin is refused with 403, and so is whatever a browser calls foreign (WSH-02, WSH-13)', async () => {
  for (const cookie of ['__Host-Http-parley=s%3Ax.y', 'a=b; __Host-Http-parley=x', '__Host-Http-parley=']) {
    assertRefused(await knock(port, { headers: { Cookie: cookie } }), 403, cookie)
  }
  for (const site of ['cross-site', 'same-site', 'none', '', 'same-origin, cross-site']) {
    assertRefused(await knock(port, withToken({ 'Sec-Fetch-Site': site, Origin: `https://localhost:${port}` })), 403, site)
  }
})

test('a Host that is not ours, or two of them, get no socket: 404 (WSH-07)', async () => {
  for (const host of hostileHosts(port))
    assertRefused(await knock(port, withToken({ Host: host })), 404, `Host: ${String(host).slice(0, 100)}`)
  assertRefused(await knock(port, withToken({ Host: undefined })), 404, 'no Host')
  for (const host of [`LOCALHOST:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    assert.equal((await knock(port, withToken({ Host: host }))).status, 101)
  }
})

test('the socket is at GET /ws and nowhere else: 404 (WSH-07)', async () => {
  const absolute = `https://localhost:${port}/ws`
  for (const path of [
    '/',
    '/ws/',
    '/WS',
    '//ws',
    '/ws;x=1',
    '/ws%3Ftoken=x',
    '/%77s',
    '/ws/../ws',
    '/./ws',
    '/ws#x',
    absolute,
    '*',
    '/api/v1/ws',
  ]) {
    assertRefused(await knock(port, { ...withToken(), path }), 404, path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PROPFIND']) {
    assertRefused(await knock(port, { ...withToken(), method }), 404, method)
  }
})

test('a credential in the address is refused with words that name the right way (WSH-04)', async () => {
  for (const path of [`/ws?token=${ada.token}`, `/ws?access_token=${ada.token}`, '/ws?ticket=x', '/ws?']) {
    const { detail } = assertRefused(await knock(port, { path }), 400, path.slice(0, 20))
    assert.match(detail, /Authorization: Bearer/)
    assert.match(detail, /Sec-WebSocket-Protocol/)
  }
})

test('without the subprotocol, a key, version 13 or a plain upgrade there is no socket (WSH-07)', async () => {
  for (const offer of [
    undefined,
    '',
    'parley.v2',
    'PARLEY.V1',
    'parley.v1x',
    'x, y',
    'parley',
    'parley.v1;q=1',
    'parley.v1 parley.v1',
    '"parley.v1"',
  ]) {
    assertRefused(await knock(port, withToken({ 'Sec-WebSocket-Protocol': offer })), 400, `offer ${offer}`)
  }
  for (const offer of ['parley.v1, parley.v1', 'parley.v1,', 'parley.v1, a b', 'parley.v1, é', ', parley.v1', 'parley.v1, (x)']) {
    assertRefused(await knock(port, withToken({ 'Sec-WebSocket-Protocol': offer })), 400, `offer ${offer}`)
  }
  const length16 = 'AAAAAAAAAAAAAAAAAAAAAA=='
  for (const key of [
    undefined,
    '',
    'x',
    length16.slice(1),
    `${length16}=`,
    `A${length16}`,
    'AAAAAAAAAAAAAAAAAAAAA*==',
    [length16, length16],
  ]) {
    assertRefused(await knock(port, withToken({ 'Sec-WebSocket-Key': key })), 400, `key ${key}`)
  }
  for (const version of [undefined, '', '8', '12', '14', '013', '13.0', '+13', '0xd', '13, 8', ['13', '13'], 'thirteen']) {
    const answer = await knock(port, withToken({ 'Sec-WebSocket-Version': version }))
    assertRefused(answer, 426, `version ${version}`)
    assert.equal(answer.headers.get('sec-websocket-version'), '13')
    assert.equal(answer.headers.get('upgrade'), 'websocket')
  }
  for (const upgrade of ['h2c', 'websocket, h2c', 'websocket/13', 'TLS/1.0', ['websocket', 'websocket']]) {
    assertRefused(await knock(port, withToken({ Upgrade: upgrade })), 400, `Upgrade: ${upgrade}`)
  }
  assertRefused(await knock(port, { ...withToken(), http: '1.0' }), 400, 'HTTP/1.0')
})

test('a token that is junk is refused with 401, two credentials with 400 (WSH-05, JWT-11)', async () => {
  for (const junk of [
    '',
    'x',
    'Bearer',
    'Bearer ',
    'Bearer x',
    'Basic YWRhOmFkYQ==',
    `Token ${ada.token}`,
    ada.token,
    `Bearer ${ada.token} x`,
  ]) {
    assertRefused(await knock(port, { headers: { Authorization: junk } }), 401, `Authorization: ${junk.slice(0, 20)}`)
  }
  for (const junk of [
    `Bearer ${ada.token}x`,
    `Bearer ${ada.token.slice(0, -3)}`,
    `Bearer ${'a.'.repeat(4000)}`,
    `Bearer ${ada.token}.${ada.token}`,
  ]) {
    assertRefused(await knock(port, { headers: { Authorization: junk } }), 401, 'a changed token')
  }
  assertRefused(await knock(port), 401, 'nobody')
  assertRefused(await knock(port, withToken({ 'Sec-WebSocket-Protocol': 'parley.v1, parley.ticket.x' })), 400, 'token and ticket')
  assertRefused(
    await knock(port, { headers: { 'Sec-WebSocket-Protocol': 'parley.v1, parley.ticket.x, parley.ticket.y' } }),
    400,
    'two tickets',
  )
  const bearer = `Bearer ${ada.token}`
  assertRefused(await knock(port, withToken({ Authorization: [bearer, 'Bearer x'] })), 400, 'two tokens')
  assertRefused(await knock(port, withToken({ Authorization: ['Bearer x', bearer] })), 400, 'two tokens')
})

test('the answer names the subprotocol and nothing else that was offered, and no extension (WSH-04, WSH-08, WSF-07)', async () => {
  for (const offer of ['parley.v1', 'x, parley.v1', 'parley.v1, y', 'parley.v2,parley.v1']) {
    const extensions = ['permessage-deflate; client_max_window_bits', 'constructor, __proto__, x-webkit-deflate-frame']
    const answer = await knock(port, withToken({ 'Sec-WebSocket-Protocol': offer, 'Sec-WebSocket-Extensions': extensions }))
    assert.equal(answer.status, 101)
    assert.equal(answer.headers.get('sec-websocket-protocol'), 'parley.v1')
    assert.equal(answer.headers.get('sec-websocket-extensions'), undefined)
    assert.equal(answer.headers.get('sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=') // RFC 6455 §1.3
    assert.ok(!answer.head.includes(ada.token))
  }
})

test('an address that tries too often is told when to come back, and may then (WSH-10, WSF-10, AUT-13)', async () => {
  const clock = fakeClock()
  const small = await startHouse({ clock, settings: { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '3' } })
  try {
    const { port } = small.service
    const statuses = []
    for (let i = 0; i < 3; i++) statuses.push((await knock(port)).status)
    assert.deepEqual(statuses, [401, 401, 401])
    const fourth = await knock(port)
    assert.equal(assertRefused(fourth, 429, 'the fourth').code, 'rate_limited')
    assert.ok(Number(fourth.headers.get('retry-after')) >= 1)
    clock.pass(1000)
    assert.equal((await knock(port)).status, 401)
  } finally {
    await small.close()
  }
})

test('nothing of a token is in the log, whatever became of it (LOG-02)', () => {
  const log = house.log.join('\n')
  assert.ok(log.includes('ws_refused') && log.includes('ws_opened'))
  for (const part of ada.token.split('.')) assert.ok(!log.includes(part))
})
