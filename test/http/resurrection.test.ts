import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import express from 'express'
import session, { MemoryStore, type Store } from 'express-session'
import { often } from '../gateway/chance.ts'
import { openHousehold } from '../identity/household.ts'

/** Sign in, begin something slow that changes the session, sign out meanwhile. Afterwards: is the old cookie signed in again? */
async function raceOf(
  store: Store,
  login: () => Promise<string>,
  end: (login: string) => Promise<unknown>,
  times: number,
): Promise<number> {
  const app = express()
  app.use(session({ store, secret: 'a secret of this test', resave: false, saveUninitialized: false }))
  const slow = new Map<string, { begun: () => void; go: Promise<void> }>()
  app.get('/in', async (req, res) => {
    req.session.login = await login()
    req.session.csrf = 'a-csrf-token-of-this-test'
    res.end()
  })
  app.get('/slow/:n', async (req, res) => {
    Object.assign(req.session, { visits: 1 })
    const held = slow.get(req.params.n)
    held?.begun()
    await held?.go
    res.end()
  })
  app.get('/out', async (req, res) => {
    await end(req.session.login ?? '')
    req.session.destroy(() => res.end())
  })
  app.get('/me', (req, res) => void res.end(req.session.login ?? ''))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo

  const ask = (path: string, cookie = '') =>
    new Promise<{ text: string; cookie: string }>((resolve, reject) => {
      get({ port, host: '127.0.0.1', path, headers: { cookie } }, (res) => {
        let text = ''
        res.on('data', (chunk) => (text += chunk))
        res.on('end', () => resolve({ text, cookie: res.headers['set-cookie']?.[0]?.split(';')[0] ?? '' }))
      }).on('error', reject)
    })

  let resurrected = 0
  for (let i = 0; i < times; i += 1) {
    const { cookie } = await ask('/in')
    const begun = Promise.withResolvers<void>()
    const go = Promise.withResolvers<void>()
    slow.set(String(i), { begun: begun.resolve, go: go.promise })
    const slowly = ask(`/slow/${i}`, cookie)
    await begun.promise
    // Before, at the same moment, and after: the three orders in which the two can end.
    const out = ask('/out', cookie)
    if (i % 3 === 0) await out
    if (i % 3 === 1) setImmediate(go.resolve)
    else go.resolve()
    await Promise.all([out, slowly])
    if ((await ask('/me', cookie)).text !== '') resurrected += 1
    slow.delete(String(i))
  }
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  return resurrected
}

test('the usual way brings the dead back: this test can fail', async () => {
  const back = await raceOf(
    new MemoryStore(),
    async () => 'ada',
    async () => {},
    30,
  )
  assert.ok(back > 0, 'express-session with a usual store no longer resurrects: the guard may go')
})

test('hundreds of slow requests that end after, with or before the sign-out: no session comes back (SES-09)', async () => {
  const house = await openHousehold()
  const ada = await house.accounts.add({ name: 'ada', role: 'member' })
  const login = async () => (await house.logins.begin({ account: ada.id, credential: 'cookie', label: '', address: '' })).id
  const end = (id: string) => house.logins.end({ ids: [id] }, 'signed_out')
  assert.equal(await raceOf(house.webSessions.store, login, end, often(300)), 0)
  assert.equal((await house.db.selectFrom('web_session').select('id').where('login', 'is not', null).execute()).length, 0)
  await house.close()
})

test('nor when only the session is given up and the login goes on, as with a new password (SES-05, SES-09)', async () => {
  const house = await openHousehold()
  const ada = await house.accounts.add({ name: 'ada', role: 'member' })
  const login = async () => (await house.logins.begin({ account: ada.id, credential: 'cookie', label: '', address: '' })).id
  assert.equal(await raceOf(house.webSessions.store, login, async () => {}, often(90)), 0)
  await house.close()
})
