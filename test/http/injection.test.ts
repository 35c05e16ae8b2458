import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { type House, openHouse, password } from './house.ts'
import type { Visitor } from './visitor.ts'

let house: House
let ada: Visitor
let room: string
before(async () => {
  house = await openHouse()
  await house.accounts.add({ name: 'root', password, role: 'admin' })
  ada = await house.guest('ada')
  room = (await ada.post('/api/v1/rooms', { name: 'tea', kind: 'private' })).json.id
})
after(() => house.close())

/** What turns a value into SQL where somebody glued it in: ends of strings, comments, second statements, patterns, functions. */
const attempts = [
  "'",
  "''",
  '"',
  '`',
  ';',
  '--',
  '/*',
  "\\'",
  '%',
  '_',
  '%%',
  '\0',
  "' or '1'='1",
  "' or 1=1 --",
  "') or ('1'='1",
  '1 or 1=1',
  '" or ""="',
  "'; drop table account; --",
  "'; update account set role='admin'; --",
  "' union select password from account --",
  '0 union select 1,2,3',
  "' and sleep(5) --",
  "' and 1=randomblob(1e9) --",
  "x' and substr((select password from account limit 1),1,1)='$",
  '{{7*7}}',
  '$(id)',
  '`id`',
  "'||(select hex(value) from secret)||'",
  "' like '%",
  '*',
  '?',
  '?1',
  ':a',
  '@a',
  '$a',
  'char(39)',
  '0x27',
  '\u02bc or 1=1',
  '\uff07 or 1=1',
]

const tables = ['account', 'login', 'room', 'event', 'member', 'web_session', 'secret'] as const
const counts = async () =>
  Promise.all(
    tables.map(
      async (table) =>
        (
          await house.db
            .selectFrom(table)
            .select((eb) => eb.fn.countAll<number>().as('n'))
            .executeTakeFirstOrThrow()
        ).n,
    ),
  )

test(`${attempts.length} attempts at SQL in every field are words like others, and change nothing (HTTP-08)`, async () => {
  const before = await counts()
  const roles = await house.db.selectFrom('account').select(['name', 'role', 'password']).orderBy('name').execute()
  const path = `/api/v1/rooms/${room}`
  for (const [n, attempt] of attempts.entries()) {
    const part = encodeURIComponent(attempt)
    const answers = [
      await ada.get(`/api/v1/accounts?prefix=${part}`),
      await ada.get(`/api/v1/accounts?ids=${part}`),
      await ada.get(`${path}/messages?limit=${part}`),
      await ada.get(`${path}/messages?before=${part}`),
      await ada.get(`/api/v1/rooms/${part}/messages`),
      await ada.get(`/api/v1/rooms/${part}/members`),
      await ada.delete(`${path}/members/${part}`),
      await ada.delete(`/api/v1/logins/${part}`),
      await ada.get(`/invite/${part}`),
      await ada.post('/api/v1/rooms', { name: 'x', kind: attempt }),
      await ada.post('/api/v1/rooms', { name: 'x', kind: 'private', members: [attempt] }),
      await ada.post('/api/v1/rooms/direct', { accounts: [attempt] }),
      await ada.post(`${path}/members`, { account: attempt }),
      await ada.post(`${path}/messages`, { key: attempt, text: 'x' }),
      await ada.post('/api/v1/invites', { room: attempt }),
      await ada.post('/api/v1/setup', { code: attempt, name: 'eve', password }),
      await ada.post('/api/v1/invites/x', { name: attempt, password }),
      await house.visitor().get('/api/v1/rooms', { authorization: `Bearer ${attempt.replace(/[^\x20-\x7e]/g, 'x')}` }),
      await house.visitor().get('/api/v1/session', { cookie: `__Host-Http-parley=${part}` }),
    ]
    // Each of these costs a password's worth of work.
    if (n % 8 === 0) answers.push(await house.visitor().post('/api/v1/login', { name: attempt, password: attempt }))
    for (const [at, { status, text }] of answers.entries()) {
      assert.ok(status < 500, `${attempt} in ${at}: ${status}`)
      assert.ok(status !== 200 || (at < 2 && text === '[]'), `${attempt} in ${at}: ${text}`)
    }
  }
  assert.deepEqual(await counts(), before)
  assert.deepEqual(await house.db.selectFrom('account').select(['name', 'role', 'password']).orderBy('name').execute(), roles)
})

test('said in a room they come back as they were said (HTTP-08)', async () => {
  const words = attempts.filter((attempt) => attempt !== '\0')
  for (const text of words) assert.equal((await ada.post(`/api/v1/rooms/${room}/messages`, { key: newKey(), text })).status, 200, text)
  const { json } = await ada.get(`/api/v1/rooms/${room}/messages?limit=200`)
  assert.deepEqual(
    json.events.map((event: { text: string }) => event.text),
    words,
  )
})
