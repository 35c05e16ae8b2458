import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, dayName, isoTime, shortTime } from '../../src/web/state/times.ts'

const now = new Date(2026, 10, 20, 9).getTime()
const day = 86_400_000

test('days are named as people name them', () => {
  assert.match(dayName(now, now), /^\p{Lu}|^\p{Lo}/u)
  assert.notEqual(dayName(now, now), dayName(now - day, now))
  assert.notEqual(dayName(now - day, now), dayName(now - 2 * day, now))
  assert.match(dayName(now - 800 * day, now), /2024/)
})

test('one minute before midnight is another day than one after', () => {
  const midnight = new Date(2026, 10, 20).getTime()
  assert.notEqual(dayName(midnight - 60_000, now), dayName(midnight + 60_000, now))
})

test('today needs no date, other days do', () => {
  assert.equal(shortTime(now, now), clock(now))
  assert.notEqual(shortTime(now - day, now), clock(now - day))
})

test('machines get the instant', () => {
  assert.equal(Date.parse(isoTime(now)), now)
})
