import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { badgeOf, unreadOf } from '../../src/web/state/unread.ts'

const count = fc.nat({ max: 10_000 })

test('what was read to the end is never shown as unread', () => {
  fc.assert(
    fc.property(count, count, fc.constantFrom('public', 'private', 'direct'), (n, mentions, kind) => {
      const room = { n, readN: n, mentions, kind: kind as 'public' }
      assert.equal(unreadOf(room), 0)
      assert.equal(badgeOf(room), 0)
    }),
  )
})

test('the badge never counts more than is unread', () => {
  fc.assert(
    fc.property(count, count, count, (n, readN, mentions) => {
      assert.ok(badgeOf({ n, readN, mentions, kind: 'public' }) <= unreadOf({ n, readN }))
    }),
  )
})

test('in a direct room every unread message is for me; elsewhere only what names me', () => {
  assert.equal(badgeOf({ kind: 'direct', n: 9, readN: 4, mentions: 0 }), 5)
  assert.equal(badgeOf({ kind: 'public', n: 9, readN: 4, mentions: 0 }), 0)
  assert.equal(badgeOf({ kind: 'private', n: 9, readN: 4, mentions: 2 }), 2)
})

test('a mark ahead of what is known counts as nothing unread', () => {
  assert.equal(unreadOf({ n: 3, readN: 5 }), 0)
})
