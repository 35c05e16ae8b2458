import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry } from '../../src/store/append.ts'
import { createWriteQueue } from '../../src/store/write-queue.ts'

const post: Entry = {
  ...{ room: 'tea', by: 'ada', at: 0, allowed: { own: [], any: [] } },
  do: { act: 'post', key: 'a-key-of-sixteen', text: 'hello', names: [] },
}

test('what is posted does not wait for all the transactions of a crowd', async () => {
  const order: string[] = []
  const queue = createWriteQueue(async (entries) => {
    order.push('posts')
    return { outcomes: entries.map(() => ({ refused: 'no_such_room' })), landed: [] }
  })
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>()
  const first = queue.exclusive(() => held)
  const crowd = ['bob', 'eve', 'mia'].map((name) => queue.exclusive(async () => void order.push(name)))
  const posted = queue.append(post)
  goOn()
  await Promise.all([first, ...crowd, posted])
  assert.deepEqual(order, ['posts', 'bob', 'eve', 'mia'])
})

test('long texts share a commit with few others, short ones with many', async () => {
  const sizes: number[] = []
  const queue = createWriteQueue(async (entries) => {
    sizes.push(entries.length)
    return { outcomes: entries.map(() => ({ refused: 'no_such_room' })), landed: [] }
  })
  const long: Entry = { ...post, do: { act: 'post', key: 'a-key-of-sixteen', text: 'x'.repeat(100_000), names: [] } }
  await Promise.all(Array.from({ length: 20 }, () => queue.append(long)))
  assert.deepEqual(sizes.splice(0), [6, 6, 6, 2])
  await Promise.all(Array.from({ length: 300 }, () => queue.append(post)))
  assert.deepEqual(sizes, [256, 44])
})
