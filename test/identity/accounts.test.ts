import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { type Household, openHousehold, password, refusal } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

test('names differ by more than case', async () => {
  const ada = await house.accounts.add({ name: 'Ada', role: 'member' })
  await assert.rejects(house.accounts.add({ name: 'aDA', role: 'member' }), refusal('name_taken'))
  assert.equal((await house.accounts.find('ADA'))?.id, ada.id)
  assert.equal(ada.display, 'Ada')
})

test('of twenty who want the same name at once, one gets it', async () => {
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => house.accounts.add({ name: 'ada', role: 'member' })))
  assert.equal(tries.filter(({ status }) => status === 'fulfilled').length, 1)
})

for (const name of [
  '',
  'a'.repeat(33),
  'ada lovelace',
  'аda',
  'ada\u200b',
  'ａda',
  'ada/../eve',
  '-ada',
  '.ada',
  'ada\n',
  '🙂',
  "ada'; drop table account;--",
]) {
  test(`not a name: ${JSON.stringify(name)}`, () => assert.rejects(house.accounts.add({ name, role: 'member' }), refusal('invalid')))
}

test('nobody is called like the server itself', () =>
  assert.rejects(house.accounts.add({ name: 'Parley', role: 'member' }), refusal('name_taken')))

for (const display of ['\u202eada', 'a\u200bda', 'ada\u0000', 'x'.repeat(65), 'ada\nroot']) {
  test(`not shown to others: ${JSON.stringify(display)}`, () =>
    assert.rejects(house.accounts.add({ name: 'ada', display, role: 'member' }), refusal('invalid')))
}

test('what others see may be in any script', async () => {
  assert.equal((await house.accounts.add({ name: 'ada', display: ' Ада Лавлейс 🧮 ', role: 'member' })).display, 'Ада Лавлейс 🧮')
})

test('the last admin who can sign in is neither lowered nor disabled, and keeps the logins', async () => {
  const root = await house.accounts.add({ name: 'root', role: 'admin' })
  const login = await house.someone('root')
  await assert.rejects(house.accounts.disable(root.id), refusal('conflict'))
  await assert.rejects(house.accounts.setRole(root.id, 'member'), refusal('conflict'))
  assert.ok(await house.logins.find(login.id))
  const second = await house.accounts.add({ name: 'second', role: 'admin' })
  await house.accounts.disable(root.id)
  await assert.rejects(house.accounts.setRole(second.id, 'member'), refusal('conflict'))
})

test('of two admins who disable each other at once, one stays', async () => {
  const [a, b] = [await house.accounts.add({ name: 'a', role: 'admin' }), await house.accounts.add({ name: 'b', role: 'admin' })]
  const both = await Promise.allSettled([house.accounts.disable(a.id), house.accounts.disable(b.id)])
  assert.equal(both.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('ada signs in with her name in any case and her password', async () => {
  const ada = await house.accounts.add({ name: 'ada', password, role: 'member' })
  assert.deepEqual((await house.signIn.signIn({ name: 'ADA', password, address: '10.0.0.1' })).account, ada)
})

test('a wrong password, an unknown name, a disabled account and one without a password get the same answer (AUT-07)', async () => {
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const gone = await house.accounts.add({ name: 'gone', password, role: 'member' })
  await house.accounts.disable(gone.id)
  await house.accounts.add({ name: 'bot', role: 'member' })
  const said = new Set<string>()
  for (const [name, tried] of [
    ['ada', 'not her password'],
    ['nobody', password],
    ['gone', password],
    ['bot', password],
    ['bot', ''],
    ['x'.repeat(10_000), password],
  ] as const) {
    await assert.rejects(house.signIn.signIn({ name, password: tried, address: '10.0.0.1' }), (error: Error & { code: string }) => {
      said.add(`${error.code} ${error.message}`)
      return true
    })
  }
  assert.equal(said.size, 1)
  assert.match([...said].join(), /^signed_out /)
})

test('a hash that was made with less is made anew when its owner signs in, and not when somebody else tries (AUT-04)', async () => {
  const ada = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const { argon2Sync } = await import('node:crypto')
  const nonce = Buffer.alloc(16, 1)
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, memory: 8192, passes: 1, parallelism: 1 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const weak = `$argon2id$v=19$m=8192,t=1,p=1$${plain(nonce)}$${plain(tag)}`
  await house.db.updateTable('account').set({ password: weak }).where('id', '=', ada.id).execute()
  const stored = () => house.db.selectFrom('account').select('password').where('id', '=', ada.id).executeTakeFirstOrThrow()
  await assert.rejects(house.signIn.signIn({ name: 'ada', password: 'not her password', address: '10.0.0.1' }), refusal('signed_out'))
  assert.deepEqual(await stored(), { password: weak })
  const { proof } = await house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1' })
  assert.match(proof, /m=19456,t=2,p=1/)
  assert.deepEqual(await stored(), { password: proof })
  await house.logins.begin({ account: ada.id, credential: 'cookie', label: '', address: '', proof })
  await house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1' })
})

test('her own change of password takes the present one, ends her other logins and keeps this one', async () => {
  const ada = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const [here, there] = [await house.someone('ada'), await house.someone('ada', 'token')]
  const asked = { name: 'ada', address: '10.0.0.1', login: here.id }
  await assert.rejects(
    house.signIn.changePassword({ ...asked, password: 'not hers at all', next: 'a new long sentence' }),
    refusal('signed_out'),
  )
  await assert.rejects(house.signIn.changePassword({ ...asked, password, next: 'short' }), refusal('invalid'))
  assert.ok(await house.logins.find(there.id))
  assert.deepEqual(await house.signIn.changePassword({ ...asked, password, next: 'a new long sentence' }), {
    logins: 1,
    connections: 1,
    unconfirmed: 0,
  })
  assert.ok(await house.logins.find(here.id))
  assert.equal(await house.logins.find(there.id), undefined)
  await assert.rejects(house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1' }), refusal('signed_out'))
  assert.equal((await house.signIn.signIn({ name: 'ada', password: 'a new long sentence', address: '10.0.0.1' })).account.id, ada.id)
})
