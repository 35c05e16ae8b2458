import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTurnstile } from '../../src/identity/turnstile.ts'

test('those who are known go first, and yet a stranger is let pass after four of them, however many go on coming (AUT-05)', async () => {
  const { pass } = createTurnstile({ atOnce: () => 1, queue: () => 100 })
  const served: string[] = []
  const insiders = Array.from({ length: 6 }, async (_, i) => {
    for (let n = 0; n < 20; n += 1) await pass(async () => void served.push('known'), `insider ${i}`)
  })
  await Promise.all([...insiders, ...Array.from({ length: 3 }, () => pass(async () => void served.push('stranger')))])
  const turns = served.flatMap((who, i) => (who === 'stranger' ? [i] : []))
  assert.deepEqual(turns, [5, 10, 15], 'the first of all had not to wait')
})

test('whoever comes while nobody is there is told so, and nobody who had to wait', async () => {
  for (const atOnce of [1, 2]) {
    const { pass } = createTurnstile({ atOnce: () => atOnce, queue: () => 100 })
    const told = await Promise.all(Array.from({ length: 5 }, () => pass(async (alone) => alone)))
    assert.deepEqual(told, [true, false, false, false, false], `${atOnce} at a time`)
    assert.equal(await pass(async (alone) => alone), true, 'the crowd has gone')
  }
})
