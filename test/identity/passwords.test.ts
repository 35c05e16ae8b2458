import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { test } from 'node:test'
import { cost, createPasswords } from '../../src/identity/passwords.ts'
import { password, refusal } from './household.ts'

const passwords = createPasswords({ atOnce: () => 2, queue: () => 100 })

test('a password is kept as argon2id with 19 MiB, and only it is right', async () => {
  const stored = await passwords.hash(password, 'ada')
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.deepEqual(await passwords.verify(password, stored), { right: true, stale: false })
  for (const wrong of [`${password} `, password.toUpperCase(), password.slice(0, -1), '', '\0']) {
    assert.equal((await passwords.verify(wrong, stored)).right, false)
  }
  assert.notEqual(stored, await passwords.hash(password, 'ada'), 'salted')
})

test('nothing is cut off: what differs only after 72 bytes is another password', async () => {
  const long = 'x1y2z3'.repeat(20)
  const stored = await passwords.hash(long, 'ada')
  assert.equal((await passwords.verify(`${long.slice(0, -1)}4`, stored)).right, false)
})

test('any Unicode is a password: 64 faces, and the same letters typed another way', async () => {
  const faces = '😀😃😄😁'.repeat(16)
  assert.ok((await passwords.verify(faces, await passwords.hash(faces, 'ada'))).right)
  assert.ok(
    (
      await passwords.verify(
        'cafe\u0301 noir, s\u2019il te plai\u0302t',
        await passwords.hash('caf\u00e9 noir, s\u2019il te pla\u00eet', 'ada'),
      )
    ).right,
  )
})

const refused: [string, string][] = [
  ['eleven characters', 'elevenchars'],
  ['eleven faces, though they are 44 bytes', '😀😃😄😁'.repeat(3).slice(0, 22)],
  ['1,025 bytes', `${'ab3'.repeat(341)}xy`],
  ['a common one', 'password1234'],
  ['a common one in capitals', 'Password1234'],
  ['a common one said twice', 'passwordpassword'],
  ['one letter', 'aaaaaaaaaaaaaaaa'],
  ['a plain row', 'abcdefghijklmnop'],
  ['a row of the keyboard', 'qwertyuiopasdf'],
  ['counting', '123456789012'],
  ['little more than the name', 'ada-lovelace12'],
  ['half a character', `long enough \ud800 yes`],
]
for (const [name, given] of refused) {
  test(`not taken: ${name}`, () => assert.rejects(passwords.hash(given, 'ada-lovelace'), refusal('invalid')))
}

test('a password that grows a thousandfold under NFKC is refused, not worked on', () =>
  assert.rejects(passwords.hash('\ufdfa'.repeat(300), 'ada'), refusal('invalid')))

test('what was hashed with less is right and stale; what cannot be read is wrong', async () => {
  const nonce = Buffer.alloc(16, 1)
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, memory: 8192, passes: 1, parallelism: 1 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const weak = `$argon2id$v=19$m=8192,t=1,p=1$${plain(nonce)}$${plain(tag)}`
  assert.deepEqual(await passwords.verify(password, weak), { right: true, stale: true })
  for (const stored of ['', 'x', '$argon2id$v=19$m=99999999999,t=2,p=1$AAAA$AAAA', weak.slice(0, 40), '$2b$12$abcdefghijklmnopqrstuv']) {
    assert.equal((await passwords.verify(password, stored)).right, false)
  }
})

test('an account that is not there costs an argon2 as well', async () => {
  const before = process.cpuUsage()
  await passwords.verify(password, null)
  const forNobody = process.cpuUsage(before).user
  assert.ok(forNobody > 5_000, `${forNobody} µs of work for ${cost.memory} KiB`)
})

test('no more than two are hashed at a time, a bounded number wait, the next is told when to come back', async () => {
  const few = createPasswords({ atOnce: () => 2, queue: () => 3 })
  const asked = await Promise.allSettled(Array.from({ length: 9 }, () => few.verify(password, null)))
  const turnedAway = asked.filter((one) => one.status === 'rejected').map((one) => one.reason)
  assert.equal(turnedAway.length, 4)
  for (const { code, retryAfterMs } of turnedAway) assert.deepEqual([code, retryAfterMs], ['unavailable', 2_000])
  assert.equal((await few.verify(password, null)).right, false, 'and it goes on afterwards')
})
