import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type House, hour, openHouse, password } from './house.ts'

let house: House
before(async () => {
  house = await openHouse({ settings: { registration: 'open' } })
  await house.accounts.add({ name: 'root', role: 'admin', password })
})
after(() => house.close())

const rowsOf = async (request: unknown) => (await house.audit.page({ limit: 1_000 })).filter((row) => row.request === request)
const idOf = async (name: string) => (await house.accounts.find(name))?.id

test('a record names the request, the address and who is signed in, also when many ask at once', async () => {
  const guests = await Promise.all(['ada', 'bob', 'carol'].map((name) => house.guest(name)))
  const others = await Promise.all(['ada', 'bob', 'carol'].map((name) => house.guest(name)))
  const answers = await Promise.all(others.map((guest) => guest.delete('/api/v1/logins')))
  for (const [i, name] of ['ada', 'bob', 'carol'].entries()) {
    const rows = await rowsOf(answers[i]?.headers['x-request-id'])
    const id = await idOf(name)
    assert.deepEqual(
      rows.map(({ event, who, what, address }) => [event, who, what, address]),
      [['session_terminated', id, id, '127.0.0.1']],
    )
  }
  assert.equal((await guests[0]?.get('/api/v1/session'))?.status, 401)
})

test('whoever makes an account by an invitation, or just so, is recorded from the first moment on', async () => {
  const root = await house.guest('root')
  const { json } = await root.post('/api/v1/invites', { uses: 1, expires: hour })
  const code = new URL(json.url).pathname.split('/').at(-1)
  const invited = await house.visitor().post(`/api/v1/invites/${code}`, { name: 'dora', password })
  const dora = await idOf('dora')
  assert.deepEqual(
    (await rowsOf(invited.headers['x-request-id'])).map(({ event, who, what }) => [event, who, what]),
    [
      ['invite_used', dora, undefined],
      ['user_created', dora, dora],
      ['session_created', dora, dora],
    ],
  )
  const registered = await house.visitor().post('/api/v1/accounts', { name: 'eve', password })
  const eve = await idOf('eve')
  assert.deepEqual(
    (await rowsOf(registered.headers['x-request-id'])).map(({ event, who, what }) => [event, who, what]),
    [
      ['user_created', 'nobody', eve],
      ['session_created', eve, eve],
    ],
  )
})

test('a wrong password is a record of nobody, and what was typed is not in it', async () => {
  const answer = await house.visitor().post('/api/v1/login', { name: 'oops-my-password', password: 'wrong' })
  const [row, ...more] = await rowsOf(answer.headers['x-request-id'])
  assert.deepEqual([row?.event, row?.who, row?.what, more.length], ['authn_login_fail', 'nobody', undefined, 0])
  assert.ok(!JSON.stringify(await house.audit.page({ limit: 1_000 })).includes('oops-my-password'))
})
