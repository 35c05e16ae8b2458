import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Refusal } from '../../src/protocol/codes.ts'
import { day, hour, password } from './house.ts'
import { openHouseOfThree } from './three.ts'
import type { Visitor } from './visitor.ts'

const { house, ada, bob, eve, idOf } = await openHouseOfThree()
after(() => house.close())

const key = (n: number) => `key-${n}`.padEnd(16, '0')
const bearerOf = async (visitor: Visitor) => ({ authorization: `Bearer ${(await visitor.post('/api/v1/token')).json.token}` })

test('ada sees her sign-ins, which of them this one is, and what is open on them (SES-11)', async () => {
  const there = await house.guest('ada')
  const here = (await ada.get('/api/v1/session')).json.login.id
  house.state.connections.set(here, [{ id: 'c1', node: 'n1', since: 1, lastFrameAt: 2 }])
  const { json } = await ada.get('/api/v1/logins')
  assert.equal(json.length, 2)
  assert.deepEqual(json.map((one: { current: boolean }) => one.current).sort(), [false, true])
  const current = json.find((one: { current: boolean }) => one.current)
  assert.deepEqual(current.connections, [{ id: 'c1', node: 'n1', since: 1, lastFrameAt: 2 }])
  assert.equal(current.label, 'Firefox on Linux')
  assert.deepEqual(Object.keys(current).sort(), [
    'address',
    'connections',
    'createdAt',
    'credential',
    'current',
    'expiresAt',
    'id',
    'label',
    'lastSeenAt',
  ])

  const other = json.find((one: { current: boolean }) => !one.current)
  assert.deepEqual((await ada.delete(`/api/v1/logins/${other.id}`)).json, { logins: 1, connections: 1, unconfirmed: 0 })
  assert.equal((await there.get('/api/v1/session')).status, 401)
})

test('all others end at once, this one stays (SES-11)', async () => {
  const others = [await house.guest('ada'), await house.guest('ada')]
  assert.equal((await ada.delete('/api/v1/logins')).json.logins, 2)
  for (const other of others) assert.equal((await other.get('/api/v1/session')).status, 401)
  assert.equal((await ada.get('/api/v1/session')).status, 200)
})

test('eve cannot end a login of ada, nor learn whether there is one (AZN-02)', async () => {
  const hers = (await ada.get('/api/v1/session')).json.login.id
  const [real, made] = [await eve.delete(`/api/v1/logins/${hers}`), await eve.delete('/api/v1/logins/made-up')]
  assert.deepEqual([real.status, real.json], [404, made.json])
  assert.equal((await ada.get('/api/v1/session')).status, 200)
})

test('a ticket is for the page that asks; what would refuse the socket refuses the ticket', async () => {
  const { ticket, expiresAt } = (await ada.post('/api/v1/ticket')).json
  const read = await house.tokens.readTicket(ticket)
  assert.equal(read?.origin, house.origin)
  assert.equal(read?.sid, (await ada.get('/api/v1/session')).json.login.id)
  assert.equal(expiresAt, read?.exp)
  house.state.refuseTicket = new Refusal('rate_limited', 'Too many connections of this login.', { retryAfterMs: 5_000 })
  const refused = await ada.post('/api/v1/ticket')
  assert.deepEqual(
    [refused.status, refused.json.code, refused.json.retryAfterMs, refused.headers['retry-after']],
    [429, 'rate_limited', 5_000, '5'],
  )
  house.state.refuseTicket = undefined
})

test('a token speaks for ada in rooms, and cannot manage her sign-ins (AZN-03)', async () => {
  const bearer = await bearerOf(ada)
  const program = house.visitor()
  assert.equal((await program.get('/api/v1/rooms', bearer)).status, 200)
  assert.equal(
    (
      await program.post(
        '/api/v1/rooms',
        { name: 'made by a program', kind: 'private' },
        { ...bearer, 'sec-fetch-site': undefined, origin: undefined },
      )
    ).status,
    200,
  )
  for (const [method, path] of [
    ['GET', '/api/v1/logins'],
    ['DELETE', '/api/v1/logins'],
    ['POST', '/api/v1/token'],
    ['POST', '/api/v1/ticket'],
    ['POST', '/api/v1/logout'],
    ['POST', '/api/v1/password'],
    ['GET', '/api/v1/session'],
  ] as const) {
    const { status, json } = await program.ask(path, { method, headers: bearer })
    assert.deepEqual([status, json.code], [403, 'missing_scope'], path)
  }
})

test('a cookie beside a token counts for nothing, and a bad token is not made good by a cookie', async () => {
  const { json } = await ada.get('/api/v1/rooms', await bearerOf(bob))
  assert.deepEqual(json, (await bob.get('/api/v1/rooms')).json)
  for (const authorization of ['Bearer x', 'Bearer ', 'Basic YWRhOmFkYQ==', 'x', 'Bearer a.b.c, Bearer d.e.f']) {
    assert.equal((await ada.get('/api/v1/rooms', { authorization })).status, 401, authorization)
  }
})

test('ada makes a room, brings bob in, they talk; eve is told of no such room', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: 'tea', kind: 'private' })).json
  const path = `/api/v1/rooms/${room.id}`
  assert.deepEqual([room.name, room.kind, room.role], ['tea', 'private', 'owner'])
  assert.equal((await ada.post(`${path}/members`, { account: await idOf('bob') })).status, 200)
  const posted = await bob.post(`${path}/messages`, { key: key(1), text: 'hello' })
  assert.deepEqual(Object.keys(posted.json).sort(), ['at', 'id', 'seq'])
  assert.deepEqual((await bob.post(`${path}/messages`, { key: key(1), text: 'hello' })).json, { ...posted.json, duplicate: true })
  assert.equal((await bob.post(`${path}/messages`, { key: key(1), text: 'other' })).json.code, 'conflict')
  const page = (await ada.get(`${path}/messages?limit=10`)).json
  assert.deepEqual(
    page.events.map((event: { text: string }) => event.text),
    ['hello'],
  )
  assert.deepEqual(
    (await ada.get(`${path}/members`)).json.map(({ account, role }: { account: { name: string }; role: string }) => [account.name, role]),
    [
      ['ada', 'owner'],
      ['bob', 'member'],
    ],
  )

  const nothing = await eve.get('/api/v1/rooms/not-there/messages')
  for (const refused of [await eve.get(`${path}/messages`), await eve.get(`${path}/members`)])
    assert.deepEqual([refused.status, refused.json], [404, nothing.json])
  assert.equal((await eve.post(`${path}/messages`, { key: key(2), text: 'let me in' })).json.code, 'no_such_room')
  assert.equal((await eve.post(`${path}/members`, { account: await idOf('eve') })).json.code, 'no_such_room')

  assert.equal((await ada.delete(`${path}/members/${await idOf('bob')}`)).status, 200)
  assert.equal((await bob.get(`${path}/messages`)).json.code, 'no_such_room')
})

test('public rooms are listed with one’s own; anyone joins and leaves', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: 'square', kind: 'public' })).json
  const listed = async () => (await bob.get('/api/v1/rooms')).json.find(({ id }: { id: string }) => id === room.id)
  assert.deepEqual(await listed(), { id: room.id, name: 'square', kind: 'public', members: 1, joined: false })
  await bob.post(`/api/v1/rooms/${room.id}/members`, { account: await idOf('bob') })
  assert.deepEqual([(await listed()).joined, (await listed()).role], [true, 'member'])
  await bob.delete(`/api/v1/rooms/${room.id}/members/${await idOf('bob')}`)
  assert.equal((await listed()).joined, false)
})

test('the same people get the same conversation', async () => {
  const one = (await ada.post('/api/v1/rooms/direct', { accounts: [await idOf('bob')] })).json
  assert.equal(one.kind, 'direct')
  assert.equal((await bob.post('/api/v1/rooms/direct', { accounts: [await idOf('ada')] })).json.id, one.id)
})

test('people find those they share a room with; an admin finds everyone', async () => {
  const names = async (visitor: Visitor, prefix: string) =>
    (await visitor.get(`/api/v1/accounts?prefix=${prefix}`)).json.map(({ name }: { name: string }) => name)
  assert.deepEqual(await names(ada, 'BO'), ['bob'])
  await house.accounts.add({ name: 'zoe', role: 'member' })
  assert.deepEqual(await names(ada, 'zoe'), [])
  assert.deepEqual(await names(await house.guest('root'), 'zoe'), ['zoe'])
})

test('fields that are wrong are named, and what is not asked for falls away (AZN-03)', async () => {
  const bad: [string, object, RegExp][] = [
    ['/api/v1/rooms', { name: 'x', kind: 'secret' }, /^kind/],
    ['/api/v1/rooms', { name: 7, kind: 'public' }, /^name/],
    ['/api/v1/rooms', { name: '  ', kind: 'public' }, /^name/],
    ['/api/v1/rooms', { name: 'x', kind: 'public', members: ['../x'] }, /^members/],
    ['/api/v1/rooms/direct', { accounts: [] }, /^accounts/],
    ['/api/v1/rooms/x/messages', { key: 'short', text: 'x' }, /^key/],
    ['/api/v1/rooms/x/messages', { key: key(1), text: '' }, /^text/],
    ['/api/v1/rooms/x/messages', { key: key(1), text: 'x', replyTo: -1 }, /^replyTo/],
    ['/api/v1/rooms/x/members', { account: 'a', role: 'owner' }, /^role/],
    ['/api/v1/password', { current: 'x' }, /^next/],
    ['/api/v1/invites', { uses: 0 }, /^uses/],
  ]
  for (const [path, body, at] of bad) {
    const { status, json } = await ada.post(path, body)
    assert.deepEqual([status, json.code], [422, 'invalid'], path)
    assert.match(json.detail, at)
  }
  const room = (await ada.post('/api/v1/rooms', { name: 'mine', kind: 'private', id: 'chosen', role: 'member' })).json
  assert.notEqual(room.id, 'chosen')
  for (const query of ['limit=x', 'limit=0', 'limit=201', 'before=1&after=2', 'before=-1', 'before=1e9']) {
    assert.equal((await ada.get(`/api/v1/rooms/${room.id}/messages?${query}`)).json.code, 'invalid', query)
  }
})

test('ada invites to her room; carol follows the link and is in it', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: 'garden', kind: 'private' })).json
  const { url } = (await ada.post('/api/v1/invites', { room: room.id, uses: 1, expires: day })).json
  assert.ok(url.startsWith(`${house.origin}/invite/`))
  const carol = house.visitor()
  const joined = await carol.post(`/api/v1${new URL(url).pathname.replace('/invite/', '/invites/')}`, { name: 'carol', password })
  assert.equal(joined.json.account.name, 'carol')
  assert.deepEqual(
    (await carol.get('/api/v1/rooms')).json.filter((one: { joined: boolean }) => one.joined).map(({ name }: { name: string }) => name),
    ['garden'],
  )
  assert.equal((await house.visitor().post(`/api/v1/invites/${url.split('/').at(-1)}`, { name: 'late', password })).status, 403)
  assert.equal((await carol.post('/api/v1/invites', { room: room.id })).json.code, 'forbidden', 'members do not invite')
  assert.equal((await eve.post('/api/v1/invites', { room: room.id })).json.code, 'no_such_room')
})

test('who was disabled invites nobody any more, and a closed server takes nobody (AUT-11)', async () => {
  const dan = await house.guest('dan')
  const { url } = (await dan.post('/api/v1/invites', {})).json
  const path = `/api/v1/invites/${new URL(url).pathname.split('/').at(-1)}`
  house.settings.registration = 'closed'
  assert.equal((await house.visitor().post(path, { name: 'x1', password })).json.code, 'forbidden')
  assert.equal((await ada.post('/api/v1/invites', {})).json.code, 'forbidden')
  house.settings.registration = 'invite'
  await house.accounts.disable(await idOf('dan'))
  assert.equal((await house.visitor().post(path, { name: 'x1', password })).json.code, 'forbidden')
})

test('another page that makes ada’s browser ask does not keep her signed in (WEB-01, SES-07)', async () => {
  const [left, here] = [await house.guest('ada'), await house.guest('ada')]
  for (let i = 0; i < 4; i += 1) {
    house.clock.now += 4 * hour
    for (const site of ['cross-site', 'same-site']) await left.get('/api/v1/rooms', { 'sec-fetch-site': site })
    await here.get('/api/v1/rooms', { 'sec-fetch-site': 'same-origin' })
  }
  assert.deepEqual([(await left.get('/api/v1/session')).status, (await here.get('/api/v1/session')).status], [401, 200])
})

test('reports of browsers are kept ten a minute, and in short', async () => {
  house.lines.length = 0
  const report = (uri: string) => ({ 'csp-report': { 'document-uri': uri, 'blocked-uri': 'inline', 'effective-directive': 'script-src' } })
  for (let i = 0; i < 30; i += 1) {
    const place = i % 2 ? '/r/x?token=secret' : '/invite/secret'
    const body = JSON.stringify(report(`${house.origin}${place}#${'y'.repeat(5_000)}`))
    assert.equal((await ada.post('/api/v1/csp-reports', body, { 'content-type': 'application/csp-report' })).status, 204)
  }
  const kept = house.events().filter(({ event }) => event === 'csp_violation')
  assert.equal(kept.length, 10)
  assert.ok(!house.lines.join().includes('secret'))
  const huge = await ada.post('/api/v1/csp-reports', `[${' '.repeat(20_000)}]`, { 'content-type': 'application/reports+json' })
  assert.equal(huge.status, 413)
})
