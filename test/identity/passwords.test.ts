import assert from 'node:assert/strict'
import { argon2Sync } from 'node:crypto'
import { getPriority } from 'node:os'
import { test } from 'node:test'
import { cost, createPasswords } from '../../src/identity/passwords.ts'
import { niceness } from '../support/niceness.ts'
import { password, refusal } from './household.ts'

const passwords = createPasswords({ atOnce: () => 2, queue: () => 100 })

test('a password is kept as argon2id with 19 MiB, and only it is right (AUT-04)', async () => {
  const stored = await passwords.hash(password, 'ada')
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  assert.deepEqual(await passwords.verify(password, stored), { right: true, stale: false })
  for (const wrong of [`${password} `, password.toUpperCase(), password.slice(0, -1), '', '\0']) {
    assert.equal((await passwords.verify(wrong, stored)).right, false)
  }
  assert.notEqual(stored, await passwords.hash(password, 'ada'), 'salted')
})

const long = 'x1y2z3'.repeat(20)
const alike: [string, string, string][] = [
  ['in the last letter of 120', long, `${long.slice(0, -1)}4`],
  ['after 72 bytes, by being longer', long.slice(0, 72), long.slice(0, 73)],
  ['in the last byte of 1,024', `${'ab3'.repeat(341)}x`, `${'ab3'.repeat(341)}y`],
  ['after a NUL', 'a long enough\0 sentence', 'a long enough\0 sentinel'],
  ['by a NUL at its end', 'a long enough sentence', 'a long enough sentence\0'],
  ['by the case of a letter', 'a long enough sentence', 'a long enough Sentence'],
  ['by a blank at its end', 'a long enough sentence', 'a long enough sentence '],
  ['by an accent', 'caf\u00e9 noir sans sucre', 'cafe noir sans sucre'],
]
for (const [how, one, other] of alike) {
  test(`two passwords that differ only ${how} are two passwords (AUT-03)`, async () => {
    const stored = await passwords.hash(one, 'ada')
    assert.equal((await passwords.verify(one, stored)).right, true)
    assert.equal((await passwords.verify(other, stored)).right, false)
  })
}

test('4 KiB are not cut to the 1,024 bytes that a password may have: they are refused when chosen and wrong when tried (AUT-03)', async () => {
  const most = 'ab3d'.repeat(256)
  const stored = await passwords.hash(most, 'ada')
  assert.equal((await passwords.verify(most, stored)).right, true)
  assert.equal((await passwords.verify(most.repeat(4), stored)).right, false)
  await assert.rejects(passwords.hash(most.repeat(4), 'ada'), refusal('invalid'))
})

test('any Unicode is a password: 64 faces, and the same letters typed another way (AUT-01, AUT-03)', async () => {
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
  ['fourteen characters (AUT-01)', 'fourteen chars'],
  ['fourteen faces, though they are 56 bytes (AUT-01)', '😀😃😄😁'.repeat(4).slice(0, 28)],
  ['1,025 bytes (AUT-01)', `${'ab3'.repeat(341)}xy`],
  ['a common one (AUT-02)', 'password12345678'],
  ['a common one in capitals (AUT-02)', 'PassWord12345678'],
  ['a common one said twice (AUT-02)', 'passwordpassword'],
  ['one letter (AUT-02)', 'aaaaaaaaaaaaaaaa'],
  ['a plain row (AUT-02)', 'abcdefghijklmnop'],
  ['a row of the keyboard (AUT-02)', 'qwertyuiopasdfgh'],
  ['counting (AUT-02)', '1234567890123456'],
  ['little more than the name (AUT-02)', 'ada-lovelace1234'],
  ['half a character', `long enough \ud800 yes`],
]
for (const [name, given] of refused) {
  test(`not taken: ${name}`, () => assert.rejects(passwords.hash(given, 'ada-lovelace'), refusal('invalid')))
}

test('fifteen characters of any kind are enough: nobody is told to mix in digits or capitals (AUT-01)', async () => {
  for (const given of ['fifteen letters', 'ßßåßß ßßøßß ßßß', '😀😃😄😁😆😅🤣😂🙂🙃🫠😉😊😇🥰', '      a  b c  d'])
    await passwords.hash(given, 'ada-lovelace')
})

test('a password that grows a thousandfold under NFKC is refused, not worked on', () =>
  assert.rejects(passwords.hash('\ufdfa'.repeat(300), 'ada'), refusal('invalid')))

function hashedWith(memory: number, passes: number): string {
  const nonce = Buffer.alloc(16, 1)
  const tag = argon2Sync('argon2id', { message: password, nonce, tagLength: 32, memory, passes, parallelism: 1 })
  const plain = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=1$${plain(nonce)}$${plain(tag)}`
}

test('what was hashed with less of anything is right and stale; what cannot be read is wrong (AUT-04)', async () => {
  const weak = hashedWith(8_192, 1)
  for (const stored of [weak, hashedWith(cost.memory - 8, cost.passes), hashedWith(cost.memory, cost.passes - 1)])
    assert.deepEqual(await passwords.verify(password, stored), { right: true, stale: true })
  assert.deepEqual(await passwords.verify(password, hashedWith(cost.memory + 8, cost.passes + 1)), { right: true, stale: false })
  for (const stored of [
    '',
    'x',
    '$argon2id$v=19$m=99999999999,t=2,p=1$AAAA$AAAA',
    weak.replace('t=', 't=99'),
    weak.replace('m=', 'm=9999'),
    weak.slice(0, 40),
    '$2b$12$abcdefghijklmnopqrstuv',
  ]) {
    assert.equal((await passwords.verify(password, stored)).right, false)
  }
})

test('an account that is not there costs an argon2 as well (AUT-07)', async () => {
  const before = process.cpuUsage()
  await passwords.verify(password, null)
  const forNobody = process.cpuUsage(before).user
  assert.ok(forNobody > 5_000, `${forNobody} µs of work for ${cost.memory} KiB`)
})

test('no more than two are hashed at a time, a bounded number wait, the next is told when to come back (AUT-05)', async () => {
  const few = createPasswords({ atOnce: () => 2, queue: () => 3 })
  const asked = await Promise.allSettled(Array.from({ length: 9 }, () => few.verify(password, null)))
  const turnedAway = asked.filter((one) => one.status === 'rejected').map((one) => one.reason)
  assert.equal(turnedAway.length, 4)
  for (const { code, retryAfterMs } of turnedAway) assert.deepEqual([code, retryAfterMs], ['unavailable', 2_000])
  assert.equal((await few.verify(password, null)).right, false, 'and it goes on afterwards')
})

test('while passwords are hashed the event loop goes on turning (AUT-05)', async () => {
  let turns = 0
  let isOver = false
  const turn = () => {
    turns += 1
    if (!isOver) setImmediate(turn)
  }
  setImmediate(turn)
  await Promise.all(Array.from({ length: 6 }, () => passwords.verify(password, null)))
  isOver = true
  assert.ok(turns > 100, `${turns} turns: hashed on the loop there would be about one for each`)
})

test('threads that hash stand behind those that serve people, those of a crowd farthest (AUT-05)', {
  skip: process.platform !== 'linux',
}, async () => {
  const below = (steps: number) => Math.min(19, getPriority() + steps)
  await passwords.verify(password, null)
  assert.ok(niceness().includes(below(4)), `whoever comes alone: ${niceness()}`)
  await Promise.all(Array.from({ length: 6 }, () => passwords.verify(password, null)))
  assert.ok(niceness().includes(below(10)), `one of a crowd: ${niceness()}`)
})
