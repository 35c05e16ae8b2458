import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { newKey } from '../support/guest.ts'
import { certificate, startHouse } from '../support/house.ts'
import { Visitor } from './visitor.ts'

const canary = 'canary-that-must-not-sing'
const password = `${canary}-password`

test('whatever is typed, said, held or guessed stays out of the log, the metrics and the audit log (LOG-02)', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const { accounts, invites, store, audit } = house.service.house
  const [ada, bob] = await house.people('ada', 'bob')
  await accounts.setPassword(ada.account.id, password)
  const room = await house.room('tea', [ada, bob])
  const setup = await invites.setup()

  const browser = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  t.after(() => browser.close())
  assert.equal((await browser.signIn('ada', password)).status, 200)
  const { ticket } = (await browser.post('/api/v1/ticket')).json
  const { token } = (await browser.post('/api/v1/token')).json
  const invitation = (await browser.post('/api/v1/invites', { room })).json.url as string
  const cookie = browser.cookieHeader ?? ''
  const dial = (headers: Record<string, string>, protocols: string[], path = '/ws') =>
    new Promise<void>((resolve) => {
      const socket = new WebSocket(`wss://localhost:${house.service.port}${path}`, protocols, { ca: certificate().cert, headers })
      socket
        .on('error', () => resolve())
        .on('open', () => socket.close())
        .on('close', () => resolve())
    })

  await browser.post('/login', `name=ada&password=${canary}-form`)
  await browser.post('/api/v1/login', { name: `${canary}-typed-into-the-wrong-field`, password: canary })
  await browser.ask('/api/v1/login', { method: 'POST', body: `{"password":"${canary}`, headers: { 'content-type': 'application/json' } })
  await browser.get(`/api/v1/rooms?token=${canary}`)
  await browser.get(`/nothing/${canary}?token=${canary}#${canary}`, {
    referer: `https://x.example/${canary}`,
    'user-agent': canary,
    'x-forwarded-for': canary,
  })
  await browser.get('/api/v1/rooms', { authorization: `Bearer ${canary}` })
  await browser.post('/api/v1/ticket', {}, { 'x-parley-csrf': canary })
  await browser.post('/api/v1/password', { current: `${canary}-no`, next: `${canary}-next` })
  await browser.post(`/api/v1/rooms/${room}/messages`, { key: newKey(), text: canary })
  await browser.post(`/api/v1/rooms/${room}/messages`, { key: canary, text: { toString: canary } })
  await browser.post(`/invite/${canary}`, `name=x&password=${canary}`)
  await browser.get('/api/v1/session', { cookie: `__Host-Http-parley=${canary}; other=${canary}` })
  await browser.post(
    '/api/v1/csp-reports',
    JSON.stringify({ 'csp-report': { 'document-uri': `https://x/#${canary}`, 'script-sample': canary } }),
    {
      'content-type': 'application/csp-report',
    },
  )
  const origin = house.url
  await dial({ origin, cookie }, ['parley.v1', `parley.ticket.${ticket}`])
  await dial({ origin, cookie }, ['parley.v1', `parley.ticket.${ticket}`])
  await dial({ origin, cookie: canary }, ['parley.v1', `parley.ticket.${canary}`])
  await dial({ authorization: `Bearer ${canary}` }, ['parley.v1'])
  await dial({ authorization: `Bearer ${token}` }, ['parley.v1'], `/ws?token=${canary}`)
  const guest = await house.connect(bob)
  await guest.open(room)
  await guest.post(room, `${canary} said aloud`)
  await guest.ask('edit', { room, key: newKey(), seq: 999, text: canary })
  await guest.ask('renew', { token: canary })
  guest.ws.send(`{"type":"post","ref":1,"text":"${canary}`)
  guest.ws.send(`{"type":"${canary}","ref":9}`)
  guest.ws.send(canary)
  guest.ws.send(Buffer.from(canary))
  await guest.ended()
  await browser.post('/api/v1/logout')

  const rows = await audit.page({ limit: 1_000 })
  const kept = { log: house.log.join('\n'), metrics: await house.service.metrics(), audit: JSON.stringify(rows) }
  assert.ok(house.log.length > 15 && rows.length > 5)
  const cookies = cookie.split('; ').map((one) => one.slice(one.indexOf('=') + 1))
  const code = invitation.slice(invitation.lastIndexOf('/') + 1)
  const keys = (await store.db.selectFrom('secret').selectAll().execute()).flatMap((row) =>
    Object.values(row).filter((value) => String(value).length > 40),
  )
  const secrets = [canary, password, ticket, token, code, setup?.code ?? '', ada.token, browser.csrf, ...cookies, ...keys.map(String)]
  for (const secret of secrets.filter((one) => one.length > 8))
    for (const [where, text] of Object.entries(kept)) {
      const at = text.indexOf(secret)
      assert.equal(at, -1, `${where}: ${text.slice(Math.max(0, at - 300), at + 100)}`)
    }
})
