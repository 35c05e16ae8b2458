import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressKey } from '../../src/identity/address.ts'
import { createDevices } from '../../src/identity/devices.ts'
import { createThrottle } from '../../src/identity/throttle.ts'
import { openHousehold, password, refusal } from './household.ts'

/** How many of `times` attempts got through. */
async function through(times: number, attempt: (i: number) => Promise<unknown>): Promise<number> {
  let n = 0
  for (let i = 0; i < times; i += 1) {
    await attempt(i).then(
      () => (n += 1),
      (error) => refusal('rate_limited')(error),
    )
  }
  return n
}

test('one address gets half of what an account has, many addresses the whole, and each its own', async () => {
  const one = createThrottle({ perAccount: () => 10, perAddress: () => 1_000 })
  assert.equal(await through(50, () => one.take({ account: 'ada', name: 'ada', address: '10.0.0.1' })), 5)
  const many = createThrottle({ perAccount: () => 10, perAddress: () => 1_000 })
  assert.equal(await through(50, (i) => many.take({ account: 'ada', name: 'ada', address: `10.0.0.${i}` })), 10)
  const names = createThrottle({ perAccount: () => 10, perAddress: () => 20 })
  assert.equal(await through(50, (i) => names.take({ account: `a${i}`, name: `a${i}`, address: '10.0.0.1' })), 20)
})

test('names that nobody has are counted the same', async () => {
  const throttle = createThrottle({ perAccount: () => 10, perAddress: () => 1_000 })
  assert.equal(await through(50, () => throttle.take({ account: undefined, name: 'nobody', address: '10.0.0.1' })), 5)
})

test('an IPv6 household is one address', async () => {
  const throttle = createThrottle({ perAccount: () => 1_000, perAddress: () => 10 })
  assert.equal(await through(50, (i) => throttle.take({ account: `a${i}`, name: `a${i}`, address: `2001:db8::${i.toString(16)}` })), 10)
  assert.equal(addressKey('2001:DB8:0:0:1::1'), addressKey('2001:db8::'))
  assert.notEqual(addressKey('2001:db8:0:1::1'), addressKey('2001:db8::1'))
  assert.equal(addressKey('::ffff:10.0.0.1'), '10.0.0.1')
  assert.equal(addressKey('fe80::1%eth0'), 'fe80:0:0:0::/64')
})

test('what was right is given back', async () => {
  const throttle = createThrottle({ perAccount: () => 4, perAddress: () => 4 })
  const ada = { account: 'ada', name: 'ada', address: '10.0.0.1' }
  for (let i = 0; i < 20; i += 1) {
    await throttle.take(ada)
    await throttle.giveBack(ada)
  }
})

test('while eve guesses from everywhere, ada still gets in on the device she used before, and not on a new one', async () => {
  const house = await openHousehold({ perAccount: 6 })
  const ada = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const device = house.devices.mark(ada.id)
  for (let i = 0; i < 10; i += 1) {
    await house.signIn.signIn({ name: 'ada', password: 'a guess of eve', address: `10.0.0.${i}` }).catch(() => {})
  }
  await assert.rejects(house.signIn.signIn({ name: 'ada', password, address: '10.1.1.1' }), refusal('rate_limited'))
  assert.equal((await house.signIn.signIn({ name: 'ada', password, address: '10.1.1.1', device })).account.id, ada.id)
  await house.close()
})

test('guessing from her own device is counted too', async () => {
  const house = await openHousehold({ perAccount: 6 })
  const ada = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const device = house.devices.mark(ada.id)
  const wrong = { name: 'ada', password: 'a guess of eve', address: '10.0.0.1', device }
  for (let i = 0; i < 6; i += 1) await assert.rejects(house.signIn.signIn(wrong), refusal('signed_out'))
  await assert.rejects(house.signIn.signIn({ ...wrong, password }), refusal('rate_limited'))
  await house.close()
})

test('thousands of guesses at once: no more than the budget are looked at', async () => {
  const house = await openHousehold({ perAccount: 10 })
  await house.accounts.add({ name: 'ada', password, role: 'member' })
  const guesses = await Promise.allSettled(
    Array.from({ length: 2_000 }, (_, i) => house.signIn.signIn({ name: 'ada', password: `guess ${i}`, address: `10.0.${i % 250}.1` })),
  )
  const looked = guesses.filter((one) => one.status === 'rejected' && one.reason.code === 'signed_out')
  assert.equal(looked.length, 10)
  await house.close()
})

test("a device's mark is of one account, cannot be made up, and stays the device's", () => {
  const devices = createDevices({ cookieSecrets: ['new secret', 'old secret'] })
  const mark = devices.mark('ada')
  assert.ok(devices.read(mark, 'ada'))
  assert.equal(devices.read(mark, 'bob'), undefined)
  assert.equal(devices.read(`${mark}x`, 'ada'), undefined)
  assert.equal(devices.read('device ada made-up.signature', 'ada'), undefined)
  assert.equal(devices.read(devices.mark('ada', mark), 'ada'), devices.read(mark, 'ada'))
  const before = createDevices({ cookieSecrets: ['old secret'] })
  assert.ok(devices.read(before.mark('ada'), 'ada'), 'after a rotation')
})
