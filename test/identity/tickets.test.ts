import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Login } from '../../src/identity/logins.ts'
import { type Household, openHousehold } from './household.ts'

let house: Household
let ada: Login
before(async () => {
  house = await openHousehold()
  ada = await house.someone('ada')
})
after(() => house.close())

test('a ticket holds for thirty seconds and says for whom, where from and which (WSH-04, JWT-04)', async () => {
  const { ticket, expiresAt } = await house.tokens.ticket(ada, 'https://chat.example')
  const read = await house.tokens.readTicket(ticket)
  assert.ok(read)
  assert.deepEqual({ ...read, jti: '' }, { sid: ada.id, origin: 'https://chat.example', jti: '', exp: expiresAt })
  assert.equal(expiresAt, house.clock.now + 30_000)
  house.clock.now += 30_000
  assert.equal(await house.tokens.readTicket(ticket), undefined)
  house.clock.now -= 30_000
})

test('of a hundred who use the same ticket at once, one gets through (WSH-04)', async () => {
  const { ticket } = await house.tokens.ticket(ada, 'https://chat.example')
  const read = await house.tokens.readTicket(ticket)
  assert.ok(read)
  const used = await Promise.all(Array.from({ length: 100 }, () => house.tokens.consume(read.jti, read.exp)))
  assert.equal(used.filter(Boolean).length, 1)
  assert.equal(await house.tokens.consume(read.jti, read.exp), false)
})

test('used tickets are forgotten only once they could not be used anyway', async () => {
  await house.tokens.consume('kept', house.clock.now - 59_000)
  await house.tokens.consume('forgotten', house.clock.now - 61_000)
  await house.tokens.sweep()
  assert.equal(await house.tokens.consume('kept', house.clock.now), false)
  assert.equal(await house.tokens.consume('forgotten', house.clock.now), true)
})
