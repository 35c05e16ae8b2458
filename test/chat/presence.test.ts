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

test('a node that was away says again who is there, and of that only what is news is shown', async () => {
  const clock = { now: 0 }
  const nodes = new Map<string, ReturnType<typeof createPresence>>()
  const shown: unknown[] = []
  let isCut = false
  const add = (node: string) => {
    const publish: Bus['publish'] = async (_, message) => {
      if (!isCut) for (const [name, other] of nodes) for (const news of other.hear(message)) shown.push([name, news.account, news.state])
    }
    const bus = { publish, figures: () => ({ up: true }) as ReturnType<Bus['figures']> }
    nodes.set(node, createPresence({ bus, node, monotonic: () => clock.now, later: () => () => undefined }))
    return nodes.get(node) as ReturnType<typeof createPresence>
  }
  const [south, north] = [add('south'), add('north')]
  for (const name of ['ada', 'bob']) north.set(name, `of ${name}`, 'active', ['tea'])
  assert.equal(south.of('ada'), 'active')
  isCut = true
  clock.now = 60_000
  assert.deepEqual(
    south.beat().map(({ account, state }) => [account, state]),
    [
      ['ada', 'offline'],
      ['bob', 'offline'],
    ],
  )
  isCut = false
  shown.length = 0
  north.beat(true)
  const back = [
    ['south', 'ada', 'active'],
    ['south', 'bob', 'active'],
  ]
  assert.deepEqual([south.of('ada'), shown], ['active', back])
  north.beat(true)
  assert.deepEqual(shown, back)
})
