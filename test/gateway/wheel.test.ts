import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import fc from 'fast-check'
import { createWheel, nowhere, slotMs, type Wakeable } from '../../src/gateway/wheel.ts'

/** A stopwatch that says that nothing takes any time, however busy the machine is. */
const noTime = () => 0

/** Someone who waits for a time, and notes when it was woken at or after it. */
function waiter(wheel: ReturnType<typeof createWheel>, due: number): Wakeable & { wokenAt: number | undefined } {
  const one = {
    ...nowhere,
    wokenAt: undefined as number | undefined,
    wake(now: number): void {
      if (now < due) wheel.set(one, due)
      else one.wokenAt = now
    },
  }
  wheel.set(one, due)
  return one
}

test('whoever waits is woken once its time has come, never before and at most a slot late, however far ahead it was', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 600_000 }), { minLength: 1, maxLength: 50 }), (dues) => {
      let now = 0
      const wheel = createWheel(() => now, noTime)
      const waiters = dues.map((due) => ({ due, one: waiter(wheel, due) }))
      for (; now <= 600_000 + 2 * slotMs; now += slotMs) wheel.turn()
      for (const { due, one } of waiters) {
        assert.ok(one.wokenAt !== undefined, `never woken for ${due}`)
        assert.ok(one.wokenAt >= due && one.wokenAt <= due + 2 * slotMs, `due ${due}, woken ${one.wokenAt}`)
      }
    }),
  )
})

test('what was cleared is not woken, and what was set again is woken at the later time only', () => {
  let now = 0
  const wheel = createWheel(() => now, noTime)
  const [cleared, moved] = [waiter(wheel, 1000), waiter(wheel, 1000)]
  wheel.clear(cleared)
  wheel.set(moved, 5000)
  now = 4000
  wheel.turn()
  assert.deepEqual([cleared.wokenAt, moved.wokenAt], [undefined, undefined])
  now = 5500
  wheel.turn()
  assert.deepEqual([cleared.wokenAt, moved.wokenAt], [undefined, 5500])
})

test('after a long stop of the process everything that is due is woken', () => {
  let now = 0
  const wheel = createWheel(() => now, noTime)
  const all = Array.from({ length: 300 }, (_, i) => waiter(wheel, i * 200))
  now = 3_600_000
  for (let turns = 0; turns < 50; turns++) wheel.turn()
  assert.ok(all.every(({ wokenAt }) => wokenAt === now))
})

test('more than one step has time for is woken in the next turns of the loop, not a slot later', async () => {
  let now = 0
  let spent = 0
  const wheel = createWheel(
    () => now,
    () => spent,
  )
  const woken: number[] = []
  let turns = 0
  for (let i = 0; i < 5; i++) {
    const one = {
      ...nowhere,
      wake() {
        woken.push(turns)
        spent += 5 // all that a step may take
      },
    }
    wheel.set(one, 1)
  }
  now = slotMs * 2
  wheel.turn()
  for (; woken.length < 5; turns++) await turnEnd()
  assert.ok(turns > 0, 'they all came in one step')
})
