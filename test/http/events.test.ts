import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type House, openHouse, password } from './house.ts'
import type { Answer, Visitor } from './visitor.ts'

let house: House
let ada: Visitor
let room: string
let other: Visitor
let token: string
/** A room of bob's in which ada is a member and no more. */
let bobs: string
let state: 'well' | 'broken' = 'well'
before(async () => {
  house = await openHouse({
    settings: { registration: 'open' },
    change: (deps) => ({
      ...deps,
      rooms: {
        ...deps.rooms,
        list(account) {
          if (state === 'broken') throw new Error('broken on purpose')
          return deps.rooms.list(account)
        },
      },
    }),
  })
  await house.accounts.add({ name: 'root', password, role: 'admin' })
  ada = await house.guest('ada')
  room = (await ada.post('/api/v1/rooms', { name: 'tea', kind: 'private' })).json.id
  other = await house.guest('ada')
  token = (await ada.post('/api/v1/token')).json.token
  bobs = (await (await house.guest('bob')).post('/api/v1/rooms', { name: 'attic', kind: 'public', members: [await idOf('ada')] })).json.id
})
after(() => house.close())

interface Line extends Record<string, unknown> {
  event: string
  level: string
  time: string
  msg: string
}

/** What was written while this was done: that and nothing else. */
async function written(work: () => Promise<unknown>): Promise<Line[]> {
  house.lines.length = 0
  await work()
  return house.lines.map((line) => JSON.parse(line) as Line)
}

const refused = ['address', 'code', 'method', 'request', 'route', 'status']
const post = (path: string, body?: object, headers?: Record<string, string | undefined>) => ada.post(`/api/v1/${path}`, body, headers)
const idOf = async (name: string) => (await house.accounts.find(name))?.id
async function limited(work: () => Promise<Answer>): Promise<Answer> {
  house.settings.requestsPerSecondPerAddress = 0.1
  return work().finally(() => {
    house.settings.requestsPerSecondPerAddress = 100_000
  })
}
async function broken(work: () => Promise<Answer>): Promise<Answer> {
  state = 'broken'
  return work().finally(() => {
    state = 'well'
  })
}

/** What people do, the one event that it leaves (OWASP logging vocabulary where that has a name), how bad it is, and what is known of it. */
const triggers: [string, string, string, string[], () => Promise<unknown>][] = [
  [
    'signs out',
    'session_terminated',
    'info',
    ['connections', 'login', 'logins', 'request', 'unconfirmed', 'why'],
    async () => other.post('/api/v1/logout'),
  ],
  ['signs in', 'authn_login_success', 'info', ['account', 'address', 'login', 'request'], () => house.visitor().signIn('ada', password)],
  ['gives a wrong password', 'authn_login_fail', 'info', refused, () => house.visitor().signIn('ada', 'wrong')],
  ['gives an unknown name', 'authn_login_fail', 'info', refused, () => house.visitor().signIn('nobody', 'wrong')],
  [
    'gives a wrong password by the form',
    'authn_login_fail',
    'info',
    refused,
    () => house.visitor().post('/login', 'name=ada&password=wrong'),
  ],
  ['asks without a login', 'authn_login_fail', 'info', refused, () => house.visitor().get('/api/v1/rooms')],
  [
    'asks with a bad token',
    'authn_login_fail',
    'info',
    refused,
    () => house.visitor().get('/api/v1/rooms', { authorization: 'Bearer a.b.c' }),
  ],
  [
    'changes the password',
    'authn_password_change',
    'info',
    ['account', 'connections', 'logins', 'request', 'unconfirmed'],
    () => post('password', { current: password, next: password }),
  ],
  ['changes it without knowing it', 'authn_login_fail', 'info', refused, () => post('password', { current: 'wrong', next: password })],
  [
    'ends all others',
    'session_terminated',
    'info',
    ['account', 'connections', 'logins', 'request', 'unconfirmed', 'why'],
    () => ada.delete('/api/v1/logins'),
  ],
  ['comes from another page', 'malicious_csrf', 'info', refused, () => post('ticket', {}, { 'sec-fetch-site': 'cross-site' })],
  ['comes without the token of the page', 'malicious_csrf', 'info', refused, () => post('ticket', {}, { 'x-parley-csrf': 'guess' })],
  [
    'signs in from another page',
    'malicious_csrf',
    'info',
    refused,
    () => house.visitor().post('/login', 'name=ada', { origin: 'https://evil.example' }),
  ],
  ['does what only others may', 'authz_fail', 'info', refused, async () => post('invites', { room: bobs })],
  [
    'uses a token where a cookie belongs',
    'authz_fail',
    'info',
    refused,
    async () => house.visitor().get('/api/v1/logins', { authorization: `Bearer ${token}` }),
  ],
  ['sends a field that is wrong', 'input_validation_fail', 'info', refused, () => post('rooms', { name: 7 })],
  [
    'sends what is no JSON',
    'input_validation_fail',
    'info',
    refused,
    () => ada.ask('/api/v1/rooms', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }),
  ],
  ['sends too much', 'input_validation_fail', 'info', refused, () => post('rooms', { name: 'x'.repeat(70_000) })],
  ['asks too often', 'excess_rate_limit_exceeded', 'info', refused, () => limited(() => ada.get('/api/v1/session'))],
  ['asks for what is not there', 'request_refused', 'info', refused, () => ada.get('/nothing')],
  ['asks in another way than is offered', 'request_refused', 'info', refused, () => ada.ask('/api/v1/session', { method: 'PUT' })],
  ['sends something compressed', 'request_refused', 'info', refused, () => post('rooms', {}, { 'content-encoding': 'br' })],
  ['asks under a name that is not ours', 'request_refused', 'info', refused, () => ada.get('/', { host: 'evil.example' })],
  ['meets a fault of ours', 'sys_error', 'error', [...refused, 'err'], () => broken(() => ada.get('/api/v1/rooms'))],
  ['invites', 'invite_created', 'info', ['account', 'expiresAt', 'request', 'room', 'uses'], () => post('invites', { room })],
  [
    'shows what a browser stopped',
    'csp_violation',
    'warn',
    ['blocked', 'directive', 'page', 'request'],
    () =>
      ada.post(
        '/api/v1/csp-reports',
        JSON.stringify({ 'csp-report': { 'document-uri': 'a', 'blocked-uri': 'b', 'effective-directive': 'c' } }),
        { 'content-type': 'application/csp-report' },
      ),
  ],
]
for (const [what, event, level, fields, work] of triggers) {
  test(`whoever ${what} leaves one line: ${event} (LOG-01)`, async () => {
    const lines = await written(work)
    assert.deepEqual(
      lines.map((line) => line.event),
      [event],
    )
    const { time, msg, level: is, event: _, ...known } = lines[0] as Line
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.ok(msg.length > 3)
    assert.equal(is, level)
    // What is not known of a request (the route of a path that nobody declared, the room of an invitation to none) is not there.
    assert.deepEqual(
      Object.keys(known).filter((field) => !fields.includes(field)),
      [],
    )
    assert.match(String(known.request), /^[\w-]{12}$/)
    if (fields.includes('address')) assert.equal(known.address, '127.0.0.1')
  })
}

test('a new account leaves two: that it was made, and that its owner is in (LOG-01)', async () => {
  const lines = await written(() => house.visitor().post('/api/v1/accounts', { name: 'carol', password }))
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['user_created', 'authn_login_success'],
  )
  assert.equal(new Set(lines.map(({ request }) => request)).size, 1, 'under the name of the one request')
})

test('what goes well and changes nothing for safety leaves none (LOG-01)', async () => {
  for (const path of ['/', '/login', '/api/v1/session', '/api/v1/rooms', '/livez']) assert.deepEqual(await written(() => ada.get(path)), [])
})

test('the name of a request in the log is the one that its client was told, in a refusal as in a fault (LOG-01, LOG-05)', async () => {
  for (const ask of [() => ada.get('/nothing'), () => broken(() => ada.get('/api/v1/rooms')), () => post('rooms', { name: 7 })]) {
    house.lines.length = 0
    const answer = await ask()
    assert.equal(house.events().length, 1)
    assert.equal((house.events()[0] as Line | undefined)?.request, answer.headers['x-request-id'])
    assert.doesNotMatch(answer.text, /broken on purpose|\bat \S+ \(|node_modules|\.ts:\d/)
  }
})
