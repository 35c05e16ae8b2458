import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { createJoiner } from '../../src/gateway/joiner.ts'
import { createTurn } from '../../src/gateway/turn.ts'
import { hint } from '../../src/gateway/wire.ts'

function busy(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}
/** Takes so long that a run of them uses up its slice. */
const slow = () => busy(0.2)

test('who asks to be told when all is handed over is told after the last of it, however many turns that takes', async () => {
  const turn = createTurn()
  const flushed: number[] = []
  const add = (from: number, count: number) => {
    const flush = (i: number) => {
      slow()
      flushed.push(i)
    }
    for (let i = from; i < from + count; i++) turn.add({ flush: () => flush(i) })
  }
  const told: [string, number][] = []
  add(0, 200)
  turn.after(() => told.push(['first', flushed.length]))
  await turnEnd()
  add(200, 100) // more comes while the first is still under way
  turn.after(() => told.push(['second', flushed.length]))
  while (told.length < 2) await turnEnd()
  const [first = ['', 0], second = ['', 0]] = told
  assert.deepEqual([first[0], second[0]], ['first', 'second'])
  assert.ok(first[1] >= 200 && first[1] < 300, `told after ${first[1]}`)
  assert.equal(second[1], 300)
  assert.deepEqual(
    flushed,
    Array.from({ length: 300 }, (_, i) => i),
    'in the order in which they came',
  )
})

test('a turn of the loop in which much was read flushes less, but something', async () => {
  const turn = createTurn()
  let flushed = 0
  const flush = () => {
    slow()
    flushed++
  }
  for (let i = 0; i < 100; i++) turn.add({ flush })
  busy(5)
  await turnEnd()
  assert.equal(flushed, 8, 'as many as it does before it looks at the time')
  while (flushed < 100) await turnEnd()
})

test('where nothing waits it has been handed over already', () => {
  let told = false
  createTurn().after(() => {
    told = true
  })
  assert.equal(told, true)
})

test('readers who get the same frames share one Buffer of them, and whoever gets others has their own', () => {
  const { join, forget } = createJoiner()
  const [one, two, own] = ['one', 'two', 'own'].map((room) => hint({ type: 'typing', room, account: 'ada' }))
  assert.ok(one && two && own)
  const both = join([one, two])
  assert.deepEqual(both, Buffer.concat([one.bytes, two.bytes]))
  assert.equal(join([one, two]), both)
  assert.equal(join([one]), one.bytes)
  assert.deepEqual(join([two, one]), Buffer.concat([two.bytes, one.bytes]), 'in another order')
  assert.deepEqual(join([two, one, own]), Buffer.concat([two.bytes, one.bytes, own.bytes]), 'and one more')
  assert.deepEqual(join([one, two]), both)
  forget()
  assert.notEqual(join([one, two]), both)
})
