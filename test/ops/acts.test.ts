import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOffice } from './office.ts'
import { password } from './parley.ts'

test('one client gives many orders, one after the other', async (t) => {
  const { client } = await openOffice(t)
  const ada = await client()
  const made = (await ada.ask('accountAdd', { name: 'ada', role: 'admin', password })) as { id: string }
  assert.deepEqual(Object.keys(made), ['id', 'name', 'display', 'role'])
  const room = (await ada.ask('roomAdd', { name: 'Tea', members: ['ADA', 'ada'] })) as { id: string; members: string[] }
  assert.deepEqual(room.members, ['ada'])
  const issued = (await ada.ask('tokenIssue', { account: 'ada', ttl: 3_600_000 })) as { token: string; expiresAt: number }
  assert.match(issued.token, /^eyJ/)
  const [login] = (await ada.ask('loginList', { account: 'ada' })) as { id: string; expiresAt: number; address: string }[]
  assert.equal(login?.address, 'local')
  assert.equal(login?.expiresAt, issued.expiresAt, 'the login ends with its token')
  assert.deepEqual(await ada.ask('loginEnd', { account: 'ada' }), { logins: 1, connections: 1, unconfirmed: 0 })
  assert.deepEqual(await ada.ask('loginList', {}), [])
})

test('of the logins that are named, those that do not hold are told, and the others end all the same', async (t) => {
  const { client } = await openOffice(t)
  const admin = await client()
  const made = (await admin.ask('accountAdd', { name: 'bob' })) as { lacksAdmin?: true }
  assert.equal(made.lacksAdmin, true, 'nobody is admin')
  assert.equal('lacksAdmin' in ((await admin.ask('accountAdd', { name: 'ada', role: 'admin' })) as object), false)
  await admin.ask('tokenIssue', { account: 'bob', ttl: 60_000 })
  const [login] = (await admin.ask('loginList', {})) as { id: string }[]
  const ids = [login?.id, 'never-was']
  assert.deepEqual(await admin.ask('loginEnd', { ids }), { logins: 1, connections: 1, unconfirmed: 0, unheld: ['never-was'] })
  assert.deepEqual(((await admin.ask('loginEnd', { ids })) as { unheld: string[] }).unheld.sort(), ids.sort())
})

test('a person who is not there gets a clear answer with the name that was meant', async (t) => {
  const { client } = await openOffice(t)
  const admin = await client()
  await admin.ask('accountAdd', { name: 'ada', password })
  await admin.ask('roomAdd', { name: 'General' })
  const says = (act: string, input: unknown, code: string, words: RegExp) =>
    assert.rejects(admin.ask(act, input), (error: Error & { code: string }) => error.code === code && words.test(error.message))
  await says('loginList', { account: 'aad' }, 'invalid', /no account "aad"\. Did you mean "ada"\?/)
  await says('roomArchive', { room: 'Genral' }, 'no_such_room', /no room "Genral"\. Did you mean "General"\?/)
  await says('accountAdd', { name: 'ADA', password }, 'name_taken', /taken/)
  await says('accountRole', { account: 'ada', role: 'king' }, 'invalid', /^role: must be admin or member$/)
  await says('loginEnd', {}, 'invalid', /account or ids/)
  await says('loginEnd', { account: 'ada', ids: ['x'] }, 'invalid', /account or ids/)
  await says('constructor', {}, 'bad_frame', /knows no such act/)
  await says('tokenIssue', { account: 'ada', ttl: 1e300 }, 'invalid', /^ttl: /)
})

test('two private rooms of one name are told apart by id', async (t) => {
  const { client } = await openOffice(t)
  const admin = await client()
  const first = (await admin.ask('roomAdd', { name: 'Staff', kind: 'private' })) as { id: string }
  await admin.ask('roomAdd', { name: 'Staff', kind: 'private' })
  await assert.rejects(admin.ask('roomArchive', { room: 'staff' }), /2 rooms are called "staff"\. Give the id/)
  assert.deepEqual(await admin.ask('roomArchive', { room: first.id }), { id: first.id, name: 'Staff', archived: true })
  assert.deepEqual(
    await admin.ask('roomArchive', { room: first.id }),
    { id: first.id, name: 'Staff', archived: true },
    'twice is as good as once',
  )
  assert.deepEqual(await admin.ask('roomArchive', { room: first.id, on: false }), { id: first.id, name: 'Staff', archived: false })
})

test('an invitation names the public address', async (t) => {
  const { client, house } = await openOffice(t)
  const made = (await (await client()).ask('invite', { uses: 2 })) as { url: string; uses: number }
  assert.match(made.url, /^https:\/\/chat\.example\/invite\/[\w-]{20,}$/)
  assert.equal(made.uses, 2)
  assert.ok(await house.invites.look(made.url.split('/').at(-1) ?? ''))
})

test('every act is written down, and nothing secret with it (LOG-02)', async (t) => {
  const { client, lines } = await openOffice(t)
  const admin = await client()
  const secret = 'correct horse battery staple 7'
  await admin.ask('accountAdd', { name: 'ada', password: secret })
  await admin.ask('accountPassword', { account: 'ada', password: `${secret}!` })
  const { token } = (await admin.ask('tokenIssue', { account: 'ada', ttl: 60_000 })) as { token: string }
  const { url } = (await admin.ask('invite', {})) as { url: string }
  await assert.rejects(admin.ask('setupLink', {}), /already/)
  // Whoever only looks changes nothing, and asks often.
  for (const act of ['accountList', 'roomList', 'loginList', 'keysList', 'status', 'auditVerify', 'auditPage']) await admin.ask(act, {})
  const written = lines.map((line) => JSON.parse(line) as { event: string; by: string; act: string })
  assert.deepEqual(
    written.map(({ event }) => event),
    ['user_created', 'authn_password_change', 'authn_token_created', 'invite_created'],
  )
  assert.ok(written.every(({ by }) => by === 'operator'))
  const all = lines.join('')
  for (const hidden of [secret, token, token.split('.')[2] ?? '', url.split('/').at(-1) ?? '']) assert.ok(!all.includes(hidden))
})

test('a fault inside is not told in detail, but written down (LOG-05)', async (t) => {
  const { client, lines } = await openOffice(t, { reload: async () => Promise.reject(new Error('row 7 of table x')) })
  const admin = await client()
  await assert.rejects(
    admin.ask('reload', {}),
    (error: Error & { code: string }) => error.code === 'internal' && !/row 7/.test(error.message),
  )
  assert.match(lines.at(-1) ?? '', /row 7/)
})

test('asking twice to drain is not asking to end at once', async (t) => {
  const reasons: string[] = []
  let drains = 0
  const { client } = await openOffice(t, {
    ready: () => ({ ok: reasons.length === 0, reasons }),
    async drain() {
      drains += 1
      reasons.push('draining')
    },
  })
  const admin = await client()
  for (let i = 0; i < 2; i++) assert.deepEqual(await admin.ask('drain', {}), { draining: true, connections: 3 })
  assert.equal(drains, 1)
})

test('what a doctor left behind is taken away; somebody else whose name begins like one of its own is not touched', async (t) => {
  const { client, house } = await openOffice(t)
  const admin = await client()
  const watch = (await admin.ask('accountAdd', { name: 'parley-doctor-watch', password })) as { id: string }
  const alike = (await admin.ask('accountAdd', { name: 'parley-doctor-0a1b2c3d', role: 'admin', password })) as { id: string }
  const left = (await admin.ask('doctorBegin', {})) as { account: string }
  await house.store.db.updateTable('account').set({ created_at: 1 }).execute()
  const now = (await admin.ask('doctorBegin', {})) as { account: string }
  const there = (await house.accounts.list()).map(({ id }) => id)
  assert.deepEqual(
    [watch.id, alike.id, left.account, now.account].map((id) => there.includes(id)),
    [true, true, false, true],
  )
  for (const { id } of [watch, alike]) await assert.rejects(admin.ask('doctorEnd', { account: id }), /no account of the doctor/)
  await admin.ask('doctorEnd', { account: now.account })
  assert.equal((await house.accounts.list()).length, 2)
})
