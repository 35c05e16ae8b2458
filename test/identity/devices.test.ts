import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDevices } from '../../src/identity/devices.ts'
import { day, openHousehold, password } from './household.ts'

const now = () => 0
const ada = { id: 'ada', password: 'the hash' }

test("a device's mark is of one account, cannot be made up, and stays the device's (AUT-05)", () => {
  const devices = createDevices({ cookieSecrets: ['new secret', 'old secret'], now })
  const mark = devices.mark(ada)
  assert.ok(devices.read(mark, ada))
  assert.ok(devices.isOurs(mark))
  assert.equal(devices.read(mark, { ...ada, id: 'bob' }), undefined)
  for (const made of [`${mark}x`, 'device ada made-up.signature', 'x', '', undefined]) {
    assert.equal(devices.read(made, ada), undefined)
    assert.equal(devices.isOurs(made), false)
  }
  assert.equal(devices.read(devices.mark(ada, mark), ada), devices.read(mark, ada))
  const before = createDevices({ cookieSecrets: ['old secret'], now })
  assert.ok(devices.read(before.mark(ada), ada), 'after a rotation')
})

test('who does not sign in on a device for half a year is a stranger there, and who does is not (AUT-06)', () => {
  const clock = { now: 0 }
  const devices = createDevices({ cookieSecrets: ['a secret'], now: () => clock.now })
  const first = devices.mark(ada)
  clock.now = 179 * day
  const again = devices.mark(ada, first)
  assert.ok(devices.read(first, ada))
  clock.now = 181 * day
  assert.equal(devices.read(first, ada), undefined)
  assert.equal(devices.isOurs(first), false)
  assert.ok(devices.read(again, ada))
})

test('what eve’s devices were to an account is over when its password changes, by ada or by the operator; ada’s own is marked anew (AUT-06)', async () => {
  const house = await openHousehold()
  const { id } = await house.accounts.add({ name: 'ada', password, role: 'member' })
  const row = () => house.db.selectFrom('account').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  const mark = await house.signIn.markDevice({ id })
  assert.ok(house.devices.read(mark, await row()))
  const { proof } = await house.signIn.signIn({ name: 'ada', password, address: '10.0.0.1' })
  const next = 'quite another long sentence'
  await house.signIn.changePassword({ name: 'ada', password, next, address: '10.0.0.1', login: 'none' })
  assert.equal(house.devices.read(mark, await row()), undefined)
  const late = await house.signIn.markDevice({ id, proof })
  assert.equal(house.devices.read(late, await row()), undefined, 'proved with the password before, marked after')
  const own = await house.signIn.markDevice({ id, before: mark })
  assert.ok(house.devices.read(own, await row()))
  await house.accounts.setPassword(id, password)
  assert.equal(house.devices.read(own, await row()), undefined)
  await house.close()
})
