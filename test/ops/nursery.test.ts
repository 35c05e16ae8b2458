import assert from 'node:assert/strict'
import { test } from 'node:test'
import { getHeapSpaceStatistics } from 'node:v8'
import { tendNursery } from '../../src/ops/nursery.ts'

const MB = 1_000_000

function begin(size: number) {
  const nursery = { size, allocated: 700 * MB }
  let collected = 0
  const { tend, stop } = tendNursery(
    () => void collected++,
    () => ({ ...nursery }),
  )
  stop()
  return {
    /** So much is allocated, and then it is looked at. */
    after(bytes: number): number {
      nursery.allocated += bytes
      tend()
      return collected
    },
    nursery,
  }
}

test('a wide nursery is collected when people have fallen silent, and not while they talk', () => {
  const { after, nursery } = begin(64 * MB)
  assert.equal(after(300 * MB), 0)
  assert.equal(after(7 * MB), 0)
  assert.equal(after(MB), 1)
  nursery.size = MB
  assert.equal(after(MB), 1)
})

test('a small one is left alone', () => {
  const { after } = begin(MB)
  assert.equal(after(0), 0)
})

test('V8 says how wide it is, and without a way to collect it nothing is done', () => {
  assert.ok(getHeapSpaceStatistics().some(({ space_name, space_size }) => space_name === 'new_space' && space_size > 0))
  const { tend, stop } = tendNursery(undefined)
  tend()
  stop()
})
