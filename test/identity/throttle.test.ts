import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey } from '../../src/identity/address.ts'
import { createThrottle, TooManyAttempts } from '../../src/identity/throttle.ts'
import { often } from '../gateway/chance.ts'
import { openHousehold, password, refusal } from './household.ts'

const loose = { perAccount: 1_000, perAddress: 1_000, perPair: 1_000, failuresInARow: 1_000 }
const throttleOf = (limits: Partial<typeof loose>) => {
  const { perAccount, perAddress, perPair, failuresInARow } = { ...loose, ...limits }
  return createThrottle({
    perAccount: () => perAccount,
    perAddress: () => perAddress,
    perPair: () => perPair,
    failuresInARow: () => failuresInARow,
  })
}

/** How many of `times` attempts got through, and which limits stopped the others. */
async function through(times: number, attempt: (i: number) => Promise<unknown>): Promise<[number, string]> {
  let n = 0
  const by = new Set<string>()
  for (let i = 0; i < times; i += 1) {
    await attempt(i).then(
      () => (n += 1),
      (error) => {
        refusal('rate_limited')(error)
        by.add(error instanceof TooManyAttempts ? error.limit : 'something else')
      },
    )
  }
  return [n, [...by].join()]
}

const ada = { account: 'ada', name: 'ada', address: '10.0.0.1' }
const counted: [string, Partial<typeof loose>, (i: number) => typeof ada, string][] = [
  ['one account, from wherever', { perAccount: 10 }, (i) => ({ ...ada, address: `10.0.0.${i}` }), 'account'],
  ['one address, whatever the account', { perAddress: 10 }, (i) => ({ ...ada, account: `a${i}` }), 'address'],
  ['one account from one address', { perPair: 10 }, () => ada, 'pair'],
  ['failures in a row, however slow', { failuresInARow: 10 }, (i) => ({ ...ada, address: `10.0.0.${i}` }), 'in_a_row'],
]
for (const [name, limits, attempt, limit] of counted) {
  test(`attempts are counted by ${name}, and the refusal knows by which (AUT-06)`, async () => {
    const throttle = throttleOf(limits)
    assert.deepEqual(await through(50, (i) => throttle.take(attempt(i))), [10, limit])
  })
}

test('one address cannot use up what the account has: somebody else at another one still gets to try', async () => {
  const throttle = throttleOf({ perAccount: 10, perPair: 5 })
  assert.deepEqual(await through(50, () => throttle.take(ada)), [5, 'pair'])
  await throttle.take({ ...ada, address: '10.0.0.2' })
})

test('names that nobody has are counted like those of people, in any letter case, and not together (AUT-07)', async () => {
  const throttle = throttleOf({ perPair: 5 })
  const nobody = { account: undefined, name: 'nobody', address: '10.0.0.1' }
  assert.deepEqual(await through(50, (i) => throttle.take({ ...nobody, name: i % 2 ? 'Nobody' : 'NOBODY' })), [5, 'pair'])
  // If all of them shared one count, an attempt that is still looked at would give away that somebody has that name.
  assert.deepEqual(await through(50, (i) => throttle.take({ ...nobody, name: `nobody${i}` })), [50, ''])
})

test('an IPv6 household is one address', async () => {
  const throttle = throttleOf({ perAddress: 10 })
  const from = (i: number) => ({ account: `a${i}`, name: `a${i}`, address: `2001:db8::${i.toString(16)}` })
  assert.deepEqual(await through(50, (i) => throttle.take(from(i))), [10, 'address'])
  assert.equal(addressKey('2001:DB8:0:0:1::1'), addressKey('2001:db8::'))
  assert.notEqual(addressKey('2001:db8:0:1::1'), addressKey('2001:db8::1'))
  assert.equal(addressKey('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
})

test('what was right is given back', async () => {
  const throttle = throttleOf({ perAccount: 4, perAddress: 4, perPair: 4, failuresInARow: 4 })
  for (let i = 0; i < 20; i += 1) {
    await throttle.take(ada)
    await throttle.giveBack(ada)
  }
})

test('while eve guesses from everywhere, ada still gets in on the device she used before, and not on a new one (AUT-06)', async () => {
  const house = await openHousehold({ perAccount: 6 })
  const { id } = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const device = await house.signIn.markDevice({ id })
  for (let i = 0; i < 10; i += 1) {
    await house.signIn.signIn({ name: 'ada', password: 'a guess of eve', address: `10.0.0.${i}` }).catch(() => {})
  }
  await assert.rejects(house.signIn.signIn({ name: 'ada', password, address: '10.1.1.1' }), refusal('rate_limited'))
  assert.equal((await house.signIn.signIn({ name: 'ada', password, address: '10.1.1.1', device })).account.id, id)
  await house.close()
})

test('nor does a crowd that keeps every place taken keep her out: ada’s own device goes before thousands of strangers (AUT-06)', async () => {
  const house = await openHousehold({ passwordQueue: 8 })
  const { id } = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const device = await house.signIn.markDevice({ id })
  const ends = { looked: 0, turnedAway: 0 }
  let isOver = false
  async function crowd(n: number): Promise<void> {
    for (let i = 0; !isOver; i += 1) {
      const guess = { name: `name ${n}-${i}`, password: 'a guess of eve', address: `10.${n}.${i >> 8}.${i & 255}` }
      await new Promise(setImmediate) // a refusal costs no turn of the event loop by itself
      await house.signIn.signIn(guess).catch(({ code }) => (ends[code === 'unavailable' ? 'turnedAway' : 'looked'] += 1))
    }
  }
  const crowds = Array.from({ length: 30 }, (_, n) => crowd(n))
  while (ends.turnedAway < 300) await new Promise(setImmediate)
  for (let i = 0; i < 5; i += 1) {
    const before = ends.looked
    assert.equal((await house.signIn.signIn({ name: 'ada', password, address: '10.1.1.1', device })).account.id, id)
    assert.ok(ends.looked - before <= 6, 'those who were in already, and not those who waited')
  }
  isOver = true
  await Promise.all(crowds)
  await house.close()
})

test('guessing from her own device is counted too, by the minute and in a row (AUT-06)', async () => {
  for (const tuning of [{ perAccount: 6 }, { failuresInARow: 6 }]) {
    const house = await openHousehold(tuning)
    const { id } = await house.accounts.add({ name: 'ada', password, role: 'member' })
    const device = await house.signIn.markDevice({ id })
    const wrong = { name: 'ada', password: 'a guess of eve', address: '10.0.0.1', device }
    for (let i = 0; i < 6; i += 1) await assert.rejects(house.signIn.signIn(wrong), refusal('signed_out'))
    await assert.rejects(house.signIn.signIn({ ...wrong, password }), refusal('rate_limited'))
    await house.close()
  }
})

test('hundreds of guesses at once: no more than the budget are looked at (AUT-06)', async () => {
  const house = await openHousehold({ perAccount: 10 })
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const guesses = await Promise.allSettled(
    Array.from({ length: often(500) }, (_, i) =>
      house.signIn.signIn({ name: 'ada', password: `guess ${i}`, address: `10.0.${i % 250}.1` }),
    ),
  )
  const looked = guesses.filter((one) => one.status === 'rejected' && one.reason.code === 'signed_out')
  assert.equal(looked.length, 10)
  await house.close()
})

test('no account is locked for good: a hundred failures in a row are forgotten after a right one, and eve’s do not touch bob (AUT-06)', async () => {
  const throttle = throttleOf({ failuresInARow: 100 })
  const from = (i: number) => ({ ...ada, address: `10.0.0.${i % 200}` })
  assert.deepEqual(await through(99, (i) => throttle.take(from(i))), [99, ''])
  await throttle.take(ada)
  await throttle.giveBack(ada)
  assert.deepEqual(await through(150, (i) => throttle.take(from(i))), [100, 'in_a_row'])
  await throttle.take({ account: 'bob', name: 'bob', address: '10.0.0.1' })
})

test('ten devices of ada give eve no more guesses than three, by the minute and in a row, and one of them keeps nobody else out (AUT-06)', async () => {
  for (const limits of [{ perAccount: 4 }, { failuresInARow: 4 }]) {
    const throttle = throttleOf(limits)
    const by = limits.perAccount ? ['device', 'devices'] : ['in_a_row', 'devices_in_a_row']
    assert.deepEqual(await through(50, () => throttle.take({ ...ada, device: 'stolen 0' })), [4, by[0]])
    await throttle.take({ ...ada, device: 'her own' })
    const guesses = await through(27, (i) => throttle.take({ ...ada, device: `stolen ${1 + (i % 9)}` }))
    assert.deepEqual(guesses, [7, by[1]])
    await throttle.take({ ...ada, account: 'bob', device: 'of bob' })
  }
})

test('even right passwords have a rate for each account: who has one cannot keep the hashing to himself (AUT-05)', async () => {
  const throttle = throttleOf({ perAccount: 2 })
  const mallory = (i: number) => ({ ...ada, address: `10.0.${i}.1`, ...(i % 2 && { device: 'his' }) })
  const right = async (i: number) => {
    await throttle.take(mallory(i))
    await throttle.giveBack(mallory(i))
  }
  assert.deepEqual(await through(200, right), [120, 'right'])
  await throttle.take({ ...ada, account: 'bob' })
})

test('a made-up mark opens no way past “no room”: only one of ours gets a look into the store while a crowd is there (AUT-05)', async () => {
  const house = await openHousehold({ passwordQueue: 0 })
  const { id } = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const device = await house.signIn.markDevice({ id })
  const looks = { n: 0 }
  const take = house.throttle.take
  house.throttle.take = (attempt) => {
    looks.n += 1
    return take(attempt)
  }
  const inside = [1, 2].map(() => house.passwords.verify(password, null))
  const asked = ['', 'made up', `${device}x`, undefined].map((mark) =>
    house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1', device: mark }),
  )
  for (const one of asked) await assert.rejects(one, refusal('unavailable'))
  assert.equal(looks.n, 0)
  await Promise.all(inside)
  assert.equal((await house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1', device })).account.id, id)
  assert.equal(looks.n, 1)
  await house.close()
})
