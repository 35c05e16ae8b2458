import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newKey } from '../../src/sdk/key.ts'

test('a key is one of the protocol, and nobody else comes upon it, not even in the same millisecond', () => {
  const keys = Array.from({ length: 10_000 }, () => newKey(1_795_000_000_000))
  for (const key of keys) assert.match(key, /^[A-Za-z0-9_-]{24}$/)
  assert.equal(new Set(keys.map((key) => key.slice(7))).size, keys.length, 'what is not the time is random')
})

test('keys lie in the order of time, byte by byte, as the store compares them', () => {
  const day = 86_400_000
  const keys = Array.from({ length: 2_000 }, (_, i) => newKey(1_795_000_000_000 + i * i)).concat(newKey(4_000_000_000_000 - day))
  assert.deepEqual(
    keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).map((key) => key.slice(0, 7)),
    keys.map((key) => key.slice(0, 7)),
  )
  assert.ok(newKey() < newKey(Date.now() + 1000))
})
