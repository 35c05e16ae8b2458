import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { password } from './house.ts'
import { openHouseOfThree } from './three.ts'
import type { Visitor } from './visitor.ts'

const { house, ada, bob, eve, idOf } = await openHouseOfThree()
after(() => house.close())

/** As long and of the same letters as an id of ours, but of nothing. */
const madeUp = (id: string) => id.replace(/[A-Za-z0-9]/g, (letter) => (letter === 'q' ? 'r' : 'q'))

/** Each way to name something by its id, and what of it eve must not tell from nothing. */
const ways: [
  string,
  (visitor: Visitor, ids: { room: string; account: string; login: string }) => Promise<{ status: number; json: unknown }>,
][] = [
  ['a room’s messages', (visitor, { room }) => visitor.get(`/api/v1/rooms/${room}/messages`)],
  ['a room’s messages around one', (visitor, { room }) => visitor.get(`/api/v1/rooms/${room}/messages?around=2`)],
  ['a room’s members', (visitor, { room }) => visitor.get(`/api/v1/rooms/${room}/members`)],
  ['posting', (visitor, { room }) => visitor.post(`/api/v1/rooms/${room}/messages`, { key: newKey(), text: 'x' })],
  ['a key that ada used', (visitor, { room }) => visitor.post(`/api/v1/rooms/${room}/messages`, { key: 'the-key-of-ada-1234', text: 'x' })],
  ['answering', (visitor, { room }) => visitor.post(`/api/v1/rooms/${room}/messages`, { key: newKey(), text: 'x', replyTo: 2 })],
  ['bringing somebody in', (visitor, { room, account }) => visitor.post(`/api/v1/rooms/${room}/members`, { account })],
  ['showing somebody out', (visitor, { room, account }) => visitor.delete(`/api/v1/rooms/${room}/members/${account}`)],
  ['inviting', (visitor, { room }) => visitor.post('/api/v1/invites', { room })],
  ['a login', (visitor, { login }) => visitor.delete(`/api/v1/logins/${login}`)],
  ['a name', (visitor, { account }) => visitor.get(`/api/v1/accounts?ids=${account}`)],
]
for (const [name, ask] of ways) {
  test(`${name}: what is ada’s and what was never there get eve the same answer, by cookie and by token (AZN-02)`, async () => {
    const room = (await ada.post('/api/v1/rooms', { name: newKey(), kind: 'private', members: [await idOf('bob')] })).json.id
    await ada.post(`/api/v1/rooms/${room}/messages`, { key: 'the-key-of-ada-1234', text: 'x' })
    const real = { room, account: await idOf('bob'), login: (await ada.get('/api/v1/session')).json.login.id }
    const none = { room: madeUp(room), account: madeUp(real.account), login: madeUp(real.login) }
    const [there, nothing] = [await ask(eve, real), await ask(eve, none)]
    assert.deepEqual([there.status, there.json], [nothing.status, nothing.json])
    assert.ok(name === 'a name' ? JSON.stringify(there.json) === '[]' : there.status === 404, `${there.status}`)
    const before = (await bob.get(`/api/v1/rooms/${room}/messages`)).json.events.length
    assert.equal(before, 1, 'and nothing was done')
  })
}

test('nobody chooses who said it, when, as what number or under what id (AZN-03, AZN-04)', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: 'tea', kind: 'private', members: [await idOf('bob')] })).json.id
  const claims = {
    ...{ by: await idOf('ada'), account: await idOf('ada'), author: 'ada', at: 1, seq: 999, n: 999, id: 'chosen', room: 'another' },
    ...{
      kind: 'joined',
      mentions: [await idOf('ada')],
      rev: 7,
      reactions: [{ emoji: '👍', accounts: ['x'] }],
      removed: true,
      role: 'owner',
    },
  }
  const posted = await bob.post(`/api/v1/rooms/${room}/messages`, { ...claims, key: newKey(), text: 'mine' })
  assert.equal(posted.status, 200)
  const [event] = (await ada.get(`/api/v1/rooms/${room}/messages`)).json.events
  const { key, ...rest } = event
  assert.equal(key.length, 20)
  assert.deepEqual(rest, {
    seq: posted.json.seq,
    id: posted.json.id,
    kind: 'message',
    by: await idOf('bob'),
    at: house.clock.now,
    n: 1,
    text: 'mine',
  })
  assert.deepEqual([posted.json.seq < 10, posted.json.id === 'chosen'], [true, false])
})

test('who leads a room without owning it brings in members, and nobody with more rights than that (AZN-01)', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: newKey(), kind: 'private' })).json.id
  const path = `/api/v1/rooms/${room}/members`
  assert.equal((await ada.post(path, { account: await idOf('bob'), role: 'moderator' })).status, 200)
  assert.equal((await bob.post(path, { account: await idOf('eve'), role: 'moderator' })).json.code, 'forbidden')
  assert.equal((await bob.post(path, { account: await idOf('eve'), role: 'owner' })).json.code, 'invalid')
  assert.equal((await bob.post(path, { account: await idOf('eve') })).status, 200)
  const roles = (await ada.get(path)).json.map(
    ({ account, role }: { account: { name: string }; role: string }) => `${account.name} ${role}`,
  )
  assert.deepEqual(roles.sort(), ['ada owner', 'bob moderator', 'eve member'])
})

test('a new account is a member whatever it asks to be, and a new room is its maker’s (AZN-03)', async () => {
  house.settings.registration = 'open'
  const more = { role: 'admin', id: 'chosen', disabled: false, createdAt: 1, isAdmin: true, ['__proto__']: { role: 'admin' } }
  const carol = house.visitor()
  const { account } = (await carol.post('/api/v1/accounts', { name: 'carol', password, ...more })).json
  assert.deepEqual(account, { id: account.id, name: 'carol', display: 'carol', role: 'member' })
  assert.notEqual(account.id, 'chosen')
  const form = new URLSearchParams({ name: 'dora', password, role: 'admin', id: 'chosen' }).toString()
  assert.equal((await house.visitor().post('/register', form)).status, 303)
  assert.equal((await house.accounts.find('dora'))?.role, 'member')
  house.settings.registration = 'invite'
})

/** Every field of every answer about people and rooms, by who asks: what is not named here is nobody's business. */
const fields: [string, (visitor: Visitor, room: string) => Promise<{ json: unknown }>, string[]][] = [
  ['accounts?prefix=b', (visitor) => visitor.get('/api/v1/accounts?prefix=b'), ['display', 'id', 'name', 'role']],
  [
    'rooms',
    (visitor) => visitor.get('/api/v1/rooms'),
    ['id', 'joined', 'kind', 'last', 'members', 'mentions', 'n', 'name', 'read', 'readN', 'role', 'topic'],
  ],
  ['members', (visitor, room) => visitor.get(`/api/v1/rooms/${room}/members`), ['account', 'display', 'id', 'name', 'role']],
  [
    'session',
    (visitor) => visitor.get('/api/v1/session'),
    ['account', 'createdAt', 'csrf', 'display', 'expiresAt', 'id', 'idleAt', 'label', 'login', 'name', 'role'],
  ],
]
const namesIn = (given: unknown): string[] =>
  Array.isArray(given)
    ? given.flatMap(namesIn)
    : typeof given === 'object' && given !== null
      ? Object.entries(given).flatMap(([name, inner]) => [name, ...namesIn(inner)])
      : []

for (const [name, ask, allowed] of fields) {
  test(`what ${name} tells: these fields and no other, to a member as to an admin (AZN-03)`, async () => {
    const root = await house.guest('root')
    const room = (await ada.post('/api/v1/rooms', { name: newKey(), kind: 'public', members: [await idOf('bob'), await idOf('root')] }))
      .json.id
    for (const visitor of [ada, root]) {
      const told = [...new Set(namesIn((await ask(visitor, room)).json))].sort()
      assert.deepEqual(
        told.filter((field) => !allowed.includes(field)),
        [],
      )
      assert.ok(told.length > 3)
    }
  })
}

test('the same key gets the same answer however often it is sent, all at once too (AZN-05)', async () => {
  const room = (await ada.post('/api/v1/rooms', { name: newKey(), kind: 'private', members: [await idOf('bob')] })).json.id
  const path = `/api/v1/rooms/${room}/messages`
  const key = newKey()
  const answers = await Promise.all(Array.from({ length: 200 }, () => ada.post(path, { key, text: 'once' })))
  assert.equal(new Set(answers.map(({ json }) => `${json.seq} ${json.id} ${json.at}`)).size, 1)
  assert.equal(answers.filter(({ json }) => json.duplicate !== true).length, 1)
  for (const body of [
    { key, text: 'twice' },
    { key, text: 'once', replyTo: answers[0]?.json.seq },
  ])
    assert.deepEqual([(await ada.post(path, body)).json.code], ['conflict'])
  assert.equal((await bob.post(path, { key, text: 'twice' })).status, 200, 'a key is its sender’s own')
  assert.equal((await ada.get(path)).json.events.length, 2)
})
