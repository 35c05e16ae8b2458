import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OutboxItem } from '../../src/sdk/client.ts'
import { settle } from './clockwork.ts'
import { desk } from './desk.ts'

test('a message that is turned away because the login ended waits for the next login', async () => {
  const here = desk()
  await here.welcomed()
  const posted = here.ada.post('tea', 'half a page of text')
  await settle()
  await here.answer('post', { type: 'refused', code: 'signed_out', message: 'Please sign in again.', retryable: false })
  assert.equal(here.ada.outbox.items()[0]?.state, 'waiting')
  await here.clock.pass(1_000)
  assert.equal(here.sent('post').length, 1)
  here.network.last.ends(4300)
  here.ada.resume()
  await here.welcomed()
  await here.answer('post', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  assert.equal((await posted).seq, 4)
})

test('an edit that a limit turned away goes again under its key', async () => {
  const here = desk()
  await here.welcomed()
  const edit = here.ada.edit('tea', 1, 'hello')
  await settle()
  await here.answer('edit', { type: 'refused', code: 'rate_limited', message: '', retryable: true, retryAfterMs: 700 })
  await here.clock.pass(700)
  await here.answer('edit', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  assert.equal((await edit).seq, 4)
  assert.equal(new Set(here.sent('edit').map(({ key }) => key)).size, 1)
})

test('nothing is sent before it is kept, and what was taken back meanwhile is neither kept nor sent', async () => {
  const kept = new Map<string, OutboxItem>()
  let letIn = Promise.withResolvers<void>()
  const here = desk({
    all: async () => [],
    put: async (item) => {
      await letIn.promise
      kept.set(item.text, item)
    },
    delete: async (key) => {
      for (const [text, item] of kept) if (item.key === key) kept.delete(text)
    },
  })
  await here.welcomed()
  const [one, two] = [here.ada.post('tea', 'one'), here.ada.post('tea', 'two')]
  await settle()
  assert.equal(here.sent('post').length, 0)
  const takenBack = here.ada.outbox.discard(here.ada.outbox.items()[0]!.key)
  letIn.resolve()
  letIn = Promise.withResolvers()
  await takenBack
  await assert.rejects(one, { name: 'Discarded' })
  await settle()
  assert.deepEqual([...kept.keys()], ['two'])
  await here.answer('post', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  assert.equal((await two).seq, 4)
  assert.equal(here.sent('post').length, 1)
})

test('what an earlier run left is read before anything is sent, and goes first, in the order of its writing', async () => {
  const read = Promise.withResolvers<OutboxItem[]>()
  const kept: OutboxItem[] = []
  const here = desk({ all: () => read.promise, put: async (item) => void kept.push(item), delete: async () => {} })
  await here.welcomed()
  here.ada.post('tea', 'third')
  await settle()
  assert.equal(here.sent('post').length, 0)
  const left = (text: string, at: number): OutboxItem => ({
    key: `key-of-${text}-0000`,
    room: 'tea',
    text,
    at,
    state: 'sending',
    account: 'ada',
  })
  read.resolve([left('second', 9_000_000), left('first', 8_000_000)])
  for (const text of ['first', 'second', 'third']) {
    await settle()
    assert.equal(here.sent('post').at(-1)?.text, text)
    await here.answer('post', { type: 'ok', seq: 1, id: 'e1', at: 1 })
  }
  assert.deepEqual(here.ada.outbox.items(), [])
  // The clock went back between the two runs; the order is kept for the run after.
  assert.deepEqual(
    kept.map(({ text, at }) => [text, at]),
    [['third', 9_000_001]],
  )
})

test('a storage that fails is told, and keeps no message from being sent', async () => {
  const fails = () => Promise.reject(new Error('QuotaExceededError'))
  const here = desk({ all: fails, put: fails, delete: fails })
  const faults: unknown[] = []
  here.ada.on('fault', (fault) => faults.push(fault))
  await here.welcomed()
  const posted = here.ada.post('tea', 'hello')
  await settle()
  await here.answer('post', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  assert.equal((await posted).seq, 4)
  assert.equal(faults.length, 3)
})

test('the same key given twice is the same message', async () => {
  const here = desk()
  await here.welcomed()
  const key = 'a-key-of-sixteen'
  const [one, two] = [here.ada.post('tea', 'hello', { key }), here.ada.post('tea', 'hello', { key })]
  await settle()
  assert.equal(here.sent('post').length, 1)
  await here.answer('post', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  assert.deepEqual(await one, await two)
})
