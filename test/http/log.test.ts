import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openHouse, password } from './house.ts'

test('no secret is ever in the log, and every refusal is in it once (LOG-02, LOG-03)', async () => {
  const house = await openHouse()
  const canary = 'canary-of-a-password'
  const link = await house.invites.setup()
  const root = house.visitor()
  await root.post('/api/v1/setup', { code: link?.code, name: 'root', password: `${canary}-root` })
  await root.signIn('root', `${canary}-root`)
  await root.post('/api/v1/password', { current: `${canary}-root`, next: `${canary}-next` })
  const { ticket } = (await root.post('/api/v1/ticket')).json
  const { token } = (await root.post('/api/v1/token')).json
  const { url } = (await root.post('/api/v1/invites', {})).json
  const code = new URL(url).pathname.split('/').at(-1) ?? ''
  const { csrf } = root
  const cookies = [...root.cookies.values()]

  const eve = house.visitor()
  const asked: [string, () => Promise<{ status: number }>][] = [
    ['wrong password', () => eve.post('/api/v1/login', { name: 'root', password: `${canary}-wrong` })],
    ['wrong password by form', () => eve.post('/login', `name=root&password=${canary}-form`)],
    [
      'bad JSON',
      () => eve.ask('/api/v1/login', { method: 'POST', body: `{"password":"${canary}`, headers: { 'content-type': 'application/json' } }),
    ],
    ['a token in the address', () => eve.get(`/api/v1/rooms?token=${token}`)],
    ['a broken token', () => eve.get('/api/v1/rooms', { authorization: `Bearer ${token}x` })],
    ['no CSRF', () => root.post('/api/v1/ticket', undefined, { 'x-parley-csrf': `${csrf}x` })],
    ['an invitation, with a bad password', () => eve.post(`/invite/${code}`, `name=bob&password=${canary}`.slice(0, 25))],
    ['an invitation that is not one', () => eve.post(`/api/v1/invites/${code}x`, { name: 'bob', password: canary })],
    ['set-up again', () => eve.post('/api/v1/setup', { code: link?.code, name: 'eve', password: `${canary}-eve` })],
    ['a method', () => eve.ask(`/invite/${code}`, { method: 'PUT' })],
    ['nothing there', () => eve.get(`/nothing/${code}`)],
    ['a lying header', () => eve.get('/nothing', { 'user-agent': 'x\u0085{"event":"authn_login_success"}', cookie: cookies.join(';') })],
  ]
  for (const [name, ask] of asked) {
    const before = house.lines.length
    assert.ok((await ask()).status >= 400, name)
    assert.equal(house.lines.length - before, 1, name)
  }
  await root.post('/api/v1/logout')

  const log = house.lines.join('')
  for (const secret of [canary, password, link?.code ?? '?', ticket, token, code, csrf, ...cookies, ...house.secrets.cookieSecrets]) {
    assert.ok(!log.includes(secret), `the log has ${secret}`)
  }
  for (const line of house.lines) {
    assert.equal(line.trimEnd().split('\n').length, 1)
    const entry = JSON.parse(line)
    assert.equal(typeof entry.event, 'string', line)
    assert.equal(typeof entry.request, 'string', line)
  }
  const events = new Set(house.events().map(({ event }) => event))
  for (const event of [
    'authn_login_success',
    'authn_login_fail',
    'authn_password_change',
    'malicious_csrf',
    'session_terminated',
    'invite_created',
    'input_validation_fail',
    'authz_fail',
  ]) {
    assert.ok(events.has(event), event)
  }
  await house.close()
})
