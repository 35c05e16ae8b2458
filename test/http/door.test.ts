import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { allowsHost } from '../../src/http/hosts.ts'
import { createHttp } from '../../src/http/http.ts'
import { type House, openHouse, password } from './house.ts'
import type { Visitor } from './visitor.ts'

let house: House
let ada: Visitor
before(async () => {
  house = await openHouse()
  ada = await house.guest('ada')
})
after(() => house.close())

const json = 'application/json'

test('a body that is compressed, in whatever way, is not opened (HTTP-02)', async () => {
  const body = JSON.stringify({ name: 'ada', password })
  for (const [coding, bytes] of [
    ['br', brotliCompressSync(body)],
    ['gzip', gzipSync(body)],
    ['deflate', Buffer.from(body)],
    ['identity', Buffer.from(body)],
    ['', Buffer.from(body)],
  ] as const) {
    const { status, json: problem } = await ada.ask('/api/v1/login', {
      method: 'POST',
      body: bytes,
      headers: { 'content-type': json, 'content-encoding': coding },
    })
    assert.deepEqual([status, problem.code], [415, 'unsupported_media_type'], coding)
  }
})

test('a body is JSON and says so (HTTP-02)', async () => {
  const body = JSON.stringify({ name: 'ada', password })
  const statuses = async (types: string[]) =>
    Promise.all(
      types.map(async (type) => (await ada.ask('/api/v1/login', { method: 'POST', body, headers: { 'content-type': type } })).status),
    )
  assert.deepEqual(
    await statuses([
      'text/plain',
      'application/x-www-form-urlencoded',
      'text/json',
      'application/jsonx',
      'application/json; charset=utf-16',
      'multipart/form-data; boundary=x',
      '',
    ]),
    Array(7).fill(415),
  )
  assert.deepEqual(await statuses(['application/json; charset=utf-8', 'Application/JSON']), [200, 200])
})

test('what is no JSON, too deep, too long or not an object is refused for what it is (HTTP-02)', async () => {
  const send = async (body: string) => {
    const { status, json: problem } = await ada.ask('/api/v1/login', { method: 'POST', body, headers: { 'content-type': json } })
    return [status, problem.code]
  }
  for (const body of ['{', 'x', '"text"', '7', 'null', '{"a":1}}', '\0']) assert.deepEqual(await send(body), [400, 'bad_frame'], body)
  assert.deepEqual(await send('[]'), [422, 'invalid'])
  assert.deepEqual(await send('{}'), [422, 'invalid'])
  assert.deepEqual(await send('['.repeat(30_000) + ']'.repeat(30_000)), [422, 'invalid'])
  assert.deepEqual(await send(JSON.stringify({ name: 'x'.repeat(70_000) })), [413, 'too_large'])
  assert.deepEqual(await send(JSON.stringify({ name: ['ada'], password: { toString: 1 } })), [422, 'invalid'])
  assert.deepEqual(await send(`{"__proto__":{"name":"ada","password":"${password}"}}`), [422, 'invalid'])
})

test('a form has few fields, and a thousand of them cost nothing (HTTP-02)', async () => {
  const fields = (n: number) => Array.from({ length: n }, (_, i) => `field${i}=x`).join('&')
  assert.equal((await house.visitor().post('/login', fields(20))).status, 401)
  for (const n of [21, 1_000, 5_000]) assert.equal((await house.visitor().post('/login', fields(n))).status, 413, String(n))
  const nested = await house.visitor().post('/login', 'name[a][b][c]=ada&name[]=ada&password=x&__proto__[name]=ada')
  assert.equal(nested.status, 401, 'names with brackets are other names')
  const twice = await house.visitor().post('/login', 'name=ada&name=bob&password=x')
  assert.equal(twice.status, 422)
})

test('queries are flat: no lists, no objects, no prototypes (HTTP-03)', async () => {
  for (const query of ['prefix[]=a', 'prefix[x]=a', '__proto__=a', 'prefix=a&prefix=b', 'constructor=a']) {
    const { status } = await ada.get(`/api/v1/accounts?${query}`)
    assert.equal(status, query === 'prefix=a&prefix=b' ? 422 : 200, query)
  }
})

test('headers by the names of prototypes do no harm (HTTP-07)', async () => {
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) assert.equal((await ada.get('/livez', { [name]: 'x' })).status, 200)
})

test('other methods than a path has are told which it has (HTTP-06)', async () => {
  for (const method of ['PUT', 'PATCH', 'TRACE', 'PROPFIND', 'OPTIONS']) {
    const api = await ada.ask('/api/v1/logins', { method })
    assert.deepEqual([api.status, api.headers.allow], [405, 'GET, DELETE, HEAD'], method)
    assert.equal((await ada.ask('/login', { method })).status, 405, method)
    assert.equal((await ada.ask('/nothing', { method })).status, 404, method)
  }
  assert.equal((await ada.ask('/api/v1/session', { method: 'HEAD' })).text, '')
})

test('only our own names are answered to', async () => {
  const mine = { publicUrl: 'https://chat.example', origins: ['https://chat.example:8443'], loopback: false }
  const good = ['chat.example', 'CHAT.example', 'chat.example:443', 'chat.example:8443']
  const bad = [
    'eve.example',
    'chat.example.eve.example',
    'chat.example:1',
    'localhost',
    '127.0.0.1',
    '',
    'chat.example@eve.example',
    undefined,
  ]
  for (const host of good) assert.ok(allowsHost(host, mine), host)
  for (const host of bad) assert.ok(!allowsHost(host, mine), String(host))
  const home = { ...mine, loopback: true }
  for (const host of ['localhost:8443', '127.0.0.1:1', '[::1]:8443', 'parley.localhost', 'localhost'])
    assert.ok(allowsHost(host, home), host)
  for (const host of ['localhost.eve.example', '127.0.0.1.eve.example', '128.0.0.1', '[::2]']) assert.ok(!allowsHost(host, home), host)
  assert.equal((await ada.get('/login', { host: 'eve.example' })).status, 404)
})

test('a request is ours by its Host: the public one, those of the origins, and loopback names where we listen on them', () => {
  const far = { publicUrl: 'https://chat.example', origins: ['https://chat.example', 'https://old.example:8443'], loopback: false }
  for (const host of ['chat.example', 'CHAT.example', 'chat.example:443', 'old.example:8443']) assert.ok(allowsHost(host, far), host)
  for (const host of ['', 'evil.example', 'chat.example:8443', 'chat.example.evil.example', 'localhost:8443'])
    assert.ok(!allowsHost(host, far), host)
  assert.ok(!allowsHost(undefined, far))
  const near = { publicUrl: 'https://localhost:8443', origins: ['https://localhost:8443'], loopback: true }
  for (const host of ['localhost:8443', '127.0.0.1:8443', '[::1]:8443', 'localhost']) assert.ok(allowsHost(host, near), host)
  for (const host of ['127.0.0.1.evil.example', 'localhost.evil.example', '10.0.0.1:8443']) assert.ok(!allowsHost(host, near), host)
})

test('one address may ask so often, and is then told to wait; the log is told too', async () => {
  const small = await openHouse({ settings: { requestsPerSecondPerAddress: 2 } })
  const visitor = small.visitor()
  const answers = []
  for (let i = 0; i < 25; i += 1) answers.push(await visitor.get('/login'))
  const over = answers.filter(({ status }) => status === 429)
  assert.equal(over.length, 5)
  assert.ok(Number(over[0]?.headers['retry-after']) >= 1)
  assert.ok(small.events().some(({ event }) => event === 'excess_rate_limit_exceeded'))
  await small.close()
})

test('behind a proxy that ends TLS the cookie is set, and the address is the one that the proxy names', async () => {
  const behind = await openHouse()
  const settings = { ...behind.settings, trustProxy: 1 }
  const server = createServer(createHttp({ ...behind.deps, settings })).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await behind.accounts.add({ name: 'ada', password, role: 'member' })
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': json, 'sec-fetch-site': 'same-origin', origin: behind.origin, 'x-forwarded-for': '203.0.113.7' },
    body: JSON.stringify({ name: 'ada', password }),
  })
  assert.equal(answer.status, 200)
  assert.match(answer.headers.getSetCookie().join(), /__Host-Http-parley=.*Secure/)
  const account = await behind.accounts.find('ada')
  assert.deepEqual(
    (await behind.logins.list(account?.id ?? '')).map(({ address }) => address),
    ['203.0.113.7'],
  )
  server.closeAllConnections()
  server.close()
  await behind.close()
})

test('without a trusted proxy nobody chooses their own address (WSH-11)', async () => {
  await ada.get('/api/v1/session', { 'x-forwarded-for': '203.0.113.7', 'x-real-ip': '203.0.113.7', forwarded: 'for=203.0.113.7' })
  await house.visitor().post('/api/v1/login', { name: 'ada', password }, { 'x-forwarded-for': '203.0.113.7' })
  const account = await house.accounts.find('ada')
  for (const { address } of await house.logins.list(account?.id ?? '')) assert.equal(address, '127.0.0.1')
})

test('ready or not, and why', async () => {
  assert.deepEqual((await ada.get('/readyz')).json, { ok: true, reasons: [] })
  house.state.ready = { ok: false, reasons: ['draining'] }
  const answer = await ada.get('/readyz')
  assert.deepEqual([answer.status, answer.json, answer.headers['retry-after']], [503, { ok: false, reasons: ['draining'] }, '5'])
  assert.equal((await ada.get('/livez')).status, 200)
  house.state.ready = { ok: true, reasons: [] }
})
