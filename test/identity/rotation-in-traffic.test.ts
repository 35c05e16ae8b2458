import assert from 'node:assert/strict'
import { once } from 'node:events'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import pino from 'pino'
import { startServer } from '../../src/app.ts'
import type { Running } from '../../src/ops/running.ts'
import type { Pair } from '../../src/tls/pair-files.ts'
import { often } from '../gateway/chance.ts'
import { Visitor } from '../http/visitor.ts'
import { Guest } from '../support/guest.ts'
import { createAuthority } from '../tls/authority.ts'
import { fingerprintOf, put } from '../tls/folder.ts'
import { password } from './household.ts'

const rotations = often(10)
const pairs = 10
const limits = {
  ...{ SIGNINSPERMINUTEPERACCOUNT: '1000000', SIGNINSPERMINUTEPERADDRESS: '1000000', SIGNINSPERMINUTEPERACCOUNTANDADDRESS: '1000000' },
  ...{ HTTPREQUESTSPERSECONDPERADDRESS: '1000000', POSTSPERSECOND: '1000000', POSTBURST: '1000000' },
  ...{ HANDSHAKESPERSECONDPERADDRESS: '1000000', LOGINSPERACCOUNT: '100000' },
}

let root: string
let server: Running
let ca: string
let issued: Pair[]
const visitors: Visitor[] = []
const guests: Guest[] = []

before(async () => {
  root = mkdtempSync(join(tmpdir(), 'parley-rotation-'))
  cpSync(resolve(import.meta.dirname, '../../config/default.yaml'), join(root, 'config/default.yaml'))
  const authority = await createAuthority()
  ca = authority.cert
  issued = await Promise.all(Array.from({ length: pairs }, () => authority.issue({ names: ['localhost', '127.0.0.1'] })))
  await put(join(root, 'certs'), issued[0] as Pair)
  const settings = Object.entries(limits).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])
  const env = { PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0', ...Object.fromEntries(settings) }
  server = await startServer({ root, env, log: pino({ level: 'silent' }), onFatal: assert.fail })
})
after(async () => {
  for (const visitor of visitors) visitor.close()
  for (const { ws } of guests) ws.terminate()
  await server.close()
  rmSync(root, { recursive: true, force: true })
})

/** Carol in one more browser. */
async function signIn(): Promise<Visitor> {
  const visitor = new Visitor({ port: server.port, ca, origin: server.url })
  visitors.push(visitor)
  assert.equal((await visitor.signIn('carol', password)).status, 200)
  return visitor
}

async function enter(options: { token?: string; headers?: Record<string, string>; protocols?: string[] }): Promise<Guest> {
  const guest = new Guest(`wss://localhost:${server.port}/ws`, { ...options, ca })
  guests.push(guest)
  await guest.hears('welcome')
  return guest
}

/** Her page opens its socket: cookie and ticket. */
async function openPage(visitor: Visitor): Promise<Guest> {
  const { status, json } = await visitor.post('/api/v1/ticket')
  assert.equal(status, 200)
  const headers = { cookie: visitor.cookieHeader ?? '', origin: server.url }
  return enter({ headers, protocols: ['parley.v1', `parley.ticket.${json.ticket}`] })
}

/** Only somebody who trusts the authority and is shown a name that it vouched for gets this far. */
async function shakeHands(session?: Buffer): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port: server.port, servername: 'localhost', ca, ...(session && { session }) })
  await once(socket, 'secureConnect')
  assert.equal(socket.authorized, true)
  return socket
}

test(`${rotations} rotations of token keys, cookie secrets and certificate while people chat, sign in and connect: nobody is dropped or refused (TLS-07, JWT-08, SES-14)`, async (t) => {
  const { accounts, audit, keys, logins, rooms, tokens } = server.house
  const certificates = server.certificates ?? assert.fail()
  await accounts.add({ name: 'carol', role: 'member', password })
  const people = await Promise.all(['ada', 'bob'].map((name) => accounts.add({ name, role: 'member' })))
  const room = await rooms.found({ account: 'parley' }, { name: 'Tea', kind: 'private', members: people.map(({ id }) => id) })
  const [ada, bob] = await Promise.all(
    people.map(async ({ id: account }) =>
      tokens.token(await logins.begin({ account, credential: 'token', label: 'a program', address: '127.0.0.1' })),
    ),
  )
  assert.ok(ada && bob)
  const talkers = [await enter(ada), await enter(bob)]
  const first = await signIn()
  const page = await openPage(first)
  const dropped: string[] = []
  for (const [i, { ws }] of [...talkers, page].entries()) ws.once('close', (code) => dropped.push(`${i}: ${code}`))
  const done = { posts: 0, signIns: 0, tokens: 0, handshakes: 0, resumed: 0 }
  let shown: string | undefined
  let isOver = false

  async function chat(guest: Guest): Promise<void> {
    for (; !isOver; done.posts++) assert.equal((await guest.post(room, `word ${done.posts}`)).type, 'ok')
  }
  async function comeAndGo(): Promise<void> {
    for (; !isOver; done.signIns++) {
      const visitor = await signIn()
      assert.equal((await first.get('/api/v1/session')).status, 200, 'who signed in before all this')
      const fresh = await openPage(visitor)
      fresh.ws.terminate()
      assert.equal((await visitor.post('/api/v1/logout')).status, 200)
      visitor.close()
    }
  }
  async function renew(): Promise<void> {
    for (; !isOver; done.tokens++) {
      const { status, json } = await first.post('/api/v1/token')
      assert.equal(status, 200)
      const program = await enter({ token: json.token })
      const again = await first.post('/api/v1/token')
      assert.equal((await program.ask('renew', { token: again.json.token })).type, 'ok')
      program.ws.terminate()
    }
  }
  async function connectAnew(): Promise<void> {
    for (; !isOver; done.handshakes += 2) {
      const socket = await shakeHands()
      shown = fingerprintOf(socket)
      const [session] = await once(socket, 'session')
      socket.destroy()
      // And once more with the ticket of that connection, which may have been of another certificate.
      const again = await shakeHands(session as Buffer)
      if (again.isSessionReused()) done.resumed++
      again.destroy()
    }
  }
  const traffic = Promise.all([...talkers.map(chat), comeAndGo(), renew(), connectAnew()])

  async function rotate(): Promise<void> {
    const published = () => tokens.jwks().keys.map((key) => (key as { kid: string }).kid)
    for (let i = 1; i <= rotations; i++) {
      const before = published()
      await put(join(root, 'certs'), issued[i % pairs] as Pair)
      const { active } = (await keys.rotate('token')) ?? assert.fail()
      assert.ok(before.includes(active), 'published before it signs')
      await certificates.look() // the folder is watched as well; whoever looks first swaps
      await keys.rotate('cookie')
      await keys.sweep()
      const { posts } = done
      while (done.posts === posts || shown !== certificates.facts().fingerprint256) await new Promise(setImmediate)
    }
    while (done.signIns < 5) await new Promise(setImmediate)
  }
  await Promise.race([rotate(), traffic]).finally(() => {
    isOver = true
  })
  await traffic

  assert.deepEqual(dropped, [])
  for (const guest of [...talkers, page]) assert.equal((await guest.ask('ping')).type, 'ok')
  assert.equal((await first.get('/api/v1/session')).status, 200)
  assert.equal((await (await enter(ada)).ask('ping')).type, 'ok', 'by a token of the very first key')
  assert.ok(done.resumed > 0, 'tickets of TLS outlive a swap')
  assert.equal(keys.list().filter(({ kind, state }) => kind === 'token' && state === 'retiring').length, rotations)
  const swaps = (await audit.page({ limit: 100_000 })).filter(({ event }) => event === 'tls_pair_swapped')
  assert.equal(swaps.length, rotations)
  assert.ok((await audit.verify()).ok)
  t.diagnostic(`${rotations} rotations of each; ${JSON.stringify(done)}; dropped 0, refused 0, failed handshakes 0`)
})
