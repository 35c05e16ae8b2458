import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Bus } from '../../src/bus/bus.ts'
import { createLetters } from '../../src/bus/letter.ts'
import { createPresence } from '../../src/chat/presence.ts'

test('a node that asks hears of everybody who is there, also of people with so many rooms that one letter could not hold them', () => {
  const letters = createLetters(createSecretKey(randomBytes(32)))
  const presence = (node: string, publish: Bus['publish'] = async () => undefined) =>
    createPresence({
      bus: { publish, figures: () => ({ up: true }) as ReturnType<Bus['figures']> },
      node,
      monotonic: () => performance.now(),
      later: () => () => undefined,
    })
  const south = presence('south')
  let asked = false
  const north = presence('north', async (topic, message) => {
    if (!asked) return
    const letter = letters.read(topic, letters.write(topic, { from: 'north', message }))
    if (typeof letter === 'string' || !letter.message) return assert.fail(`the letter is ${letter}`)
    south.hear(letter.message)
  })
  const names = Array.from({ length: 300 }, (_, i) => `account-${i}`)
  const rooms = Array.from({ length: 1_000 }, (_, i) => `room-${i}-abcdefghij`)
  for (const name of names) north.set(name, `connection-${name}`, 'active', rooms)
  asked = true
  north.hear({ kind: 'here', node: 'south', asks: true })
  assert.deepEqual(
    names.filter((name) => south.of(name) !== 'active'),
    [],
  )
})
