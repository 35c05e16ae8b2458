import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bareHeaders } from '../../src/http/bare-headers.ts'
import { nodesOf, sources } from '../support/source.ts'
import { type House, openHouse } from './house.ts'
import type { Answer, Visitor } from './visitor.ts'

let house: House
let ada: Visitor
before(async () => {
  house = await openHouse({
    settings: { publicUrl: 'https://chat.example', origins: ['https://chat.example'] },
    change: (deps) => ({
      ...deps,
      rooms: {
        ...deps.rooms,
        list: () => {
          throw new Error('broken on purpose, with a secret: hunter2')
        },
      },
    }),
  })
  house.settings.origins.push(house.origin)
  ada = await house.guest('ada')
})
after(() => house.close())

const lowered = (headers: object) => Object.keys(headers).map((header) => header.toLowerCase())

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self' wss://chat.example",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  'report-uri /api/v1/csp-reports',
  'report-to csp',
]
const always: Record<string, string> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'same-origin',
  'reporting-endpoints': 'csp="/api/v1/csp-reports"',
}

/** Every request of this address is one too many, for as long as it takes. */
async function tooFast(): Promise<Answer> {
  house.settings.requestsPerSecondPerAddress = 0.1
  try {
    return await ada.get('/api/v1/session')
  } finally {
    house.settings.requestsPerSecondPerAddress = 100_000
  }
}

const routes: [string, number, () => Promise<Answer>][] = [
  ['the app', 200, () => ada.get('/')],
  ['a room in the app', 200, () => ada.get('/r/abc')],
  ['signing in', 200, () => house.visitor().get('/login')],
  ['a wrong password', 401, () => house.visitor().post('/login', 'name=ada&password=no')],
  ['set-up', 200, () => ada.get('/setup')],
  ['an invitation', 404, () => ada.get('/invite/x')],
  ['sent to sign in', 303, () => house.visitor().get('/')],
  ['an icon', 200, () => ada.get('/mark.svg')],
  ['life', 200, () => ada.get('/livez')],
  ['the keys', 200, () => ada.get('/.well-known/jwks.json')],
  ['the session', 200, () => ada.get('/api/v1/session')],
  ['nobody’s session', 401, () => house.visitor().get('/api/v1/session')],
  ['nothing', 404, () => ada.get('/nothing')],
  ['nothing in the API', 404, () => ada.get('/api/v1/nothing')],
  ['another method', 405, () => ada.ask('/api/v1/session', { method: 'PUT' })],
  ['another host', 404, () => ada.get('/', { host: 'eve.example' })],
  ['a compressed body', 415, () => ada.post('/api/v1/ticket', {}, { 'content-encoding': 'br' })],
  ['something broken', 500, () => ada.get('/api/v1/rooms')],
  ['a bad path', 400, () => ada.get('/r/%ff')],
  ['too long a body', 413, () => ada.post('/api/v1/login', { name: 'x'.repeat(70_000) })],
  ['a foreign page', 403, () => ada.post('/api/v1/ticket', {}, { 'sec-fetch-site': 'cross-site' })],
  ['a field that is wrong', 422, () => ada.post('/api/v1/rooms', { name: 7 })],
  ['a file that is not there', 404, () => ada.get('/assets/nothing.js')],
  ['too many requests', 429, tooFast],
  ['a report', 204, () => ada.post('/api/v1/csp-reports', '{}', { 'content-type': 'application/csp-report' })],
]
for (const [name, status, ask] of routes) {
  test(`every header is there, and nobody keeps the answer, on: ${name} (WEB-05, WEB-02)`, async () => {
    const answer = await ask()
    assert.equal(answer.status, status)
    assert.equal(
      String(answer.headers['content-security-policy']).split(';').join('; ').replace(` wss://localhost:${house.port}`, ''),
      policy.join('; '),
    )
    for (const [header, value] of Object.entries(always)) assert.equal(answer.headers[header], value, header)
    assert.match(String(answer.headers['permissions-policy']), /camera=\(\).*microphone=\(\)/)
    assert.match(String(answer.headers['x-request-id']), /^[\w-]{12}$/)
    assert.equal(answer.headers['cache-control'], 'no-store')
    assert.equal(answer.headers['x-powered-by'], undefined)
    assert.equal(answer.headers.server, undefined)
    if (name !== 'another host') assert.equal(answer.headers['strict-transport-security'], undefined, 'not on a loopback name')
  })
}

/** Every path that is declared anywhere in this room of the house, with something in the place of what varies. */
const declared = sources('src/http/**/*.ts').flatMap(({ file, tree }) =>
  [...nodesOf(tree)].flatMap((node) => {
    const isRoute = node.type === 'Property' && (node.key as { name?: string }).name === 'path'
    const isPage = node.type === 'CallExpression' && (node.callee as { name?: string }).name === 'page'
    const path = isRoute
      ? (node.value as { value?: unknown }).value
      : isPage
        ? (node.arguments as { value?: unknown }[])[0]?.value
        : undefined
    if (typeof path !== 'string') return []
    return [`${file.startsWith('src/http/api/') ? '/api/v1' : ''}${path.replace(/:[a-z]+/g, 'x')}`]
  }),
)

test('every path that is declared has them too, by whatever method and whoever asks (WEB-05, WEB-02)', async () => {
  assert.ok(declared.length > 25 && declared.includes('/api/v1/rooms/x/messages') && declared.includes('/logout'))
  const nobody = house.visitor()
  for (const path of new Set(declared)) {
    for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS', 'HEAD']) {
      const { headers } = await nobody.ask(path, { method })
      for (const [header, value] of Object.entries(always)) assert.equal(headers[header], value, `${method} ${path}: ${header}`)
      assert.match(String(headers['content-security-policy']), /^default-src 'none';/)
      assert.equal(headers['cache-control'], 'no-store', `${method} ${path}`)
      assert.equal(headers['set-cookie'], undefined, `${method} ${path}`)
    }
  }
})

test('what express never sees carries the same, and allows nothing at all (WEB-05)', async () => {
  for (const host of ['chat.example', `localhost:${house.port}`]) {
    const { headers } = await house.visitor().get('/login', { host })
    const { 'Content-Security-Policy': bare, ...rest } = bareHeaders(host)
    for (const [header, value] of Object.entries(rest)) assert.equal(headers[header.toLowerCase()], value, header)
    assert.equal(bare, "default-src 'none'; frame-ancestors 'none'")
    const varies = ['content-security-policy', 'reporting-endpoints', 'x-request-id', 'content-type', 'content-length', 'etag', 'vary']
    const ofHttp = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'set-cookie']
    const lacks = Object.keys(headers).filter((header) => ![...varies, ...ofHttp].includes(header) && !lowered(rest).includes(header))
    assert.deepEqual(lacks, [], 'a header that helmet has learnt is one here too')
  }
})

test('a real name is bound to TLS for a year (WEB-05)', async () => {
  const { headers, status } = await house.visitor().get('/login', { host: 'chat.example' })
  assert.equal(status, 200)
  assert.equal(headers['strict-transport-security'], 'max-age=31536000; includeSubDomains')
})

test('files with a hash in their name are kept for ever, and nothing else is (WEB-02)', async () => {
  for (const path of [
    '/assets/page-abc123.js',
    /href="([^"]+\.css)"/.exec((await house.visitor().get('/login')).text)?.[1] ?? '',
    /src="([^"]+\.js)"/.exec((await house.visitor().get('/setup')).text)?.[1],
  ]) {
    if (path === undefined) continue
    const { status, headers } = await ada.get(path)
    assert.deepEqual([status, headers['cache-control']], [200, 'public, max-age=31536000, immutable'], path)
    assert.ok(headers['content-security-policy'])
  }
})

test('what breaks is told to nobody but the log (LOG-05)', async () => {
  house.lines.length = 0
  const answer = await ada.get('/api/v1/rooms')
  assert.deepEqual(answer.json, {
    type: 'urn:parley:problem:internal',
    title: 'Internal Server Error',
    status: 500,
    code: 'internal',
    detail: 'Something broke on our side. Try again.',
  })
  assert.equal(house.events().length, 1)
  assert.match(house.lines[0] ?? '', /broken on purpose/)
  assert.match(house.lines[0] ?? '', new RegExp(String(answer.headers['x-request-id'])))
})

const unserved = [
  '/.env',
  '/.git/config',
  '/.vite/manifest.json',
  '/index.html',
  '/assets/',
  '/assets/page-abc123.js.map',
  '/assets/../index.html',
  '/assets/%2e%2e/index.html',
  '/assets/..%2f..%2fparley.db',
  '/%2e%2e/parley.db',
  '/parley.db',
  '/main.ts',
]
for (const path of unserved) {
  test(`not served: ${path} (HTTP-06, HTTP-09)`, async () => {
    const { status } = await ada.get(path)
    assert.ok(status === 404 || status === 400 || status === 403, String(status))
  })
}
