import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closes } from '../../src/protocol/codes.ts'
import { closeWords } from '../../src/web/close-words.ts'
import { words } from '../../src/web/words.ts'

test('every close code that the protocol knows has a sentence', () => {
  for (const { code, words: sentence } of Object.values(closes)) assert.equal(closeWords(code), sentence)
  for (const code of [1000, 1001, 1005, 1006, 1011]) assert.notEqual(closeWords(code), closeWords(4999))
  assert.notEqual(closeWords(undefined), '')
})

test('numbers agree with what they count', () => {
  assert.equal(words.rooms.unread(1), '1 unread message')
  assert.equal(words.rooms.unread(2), '2 unread messages')
  assert.equal(words.line.offlineWaiting(3), 'Offline — your messages wait here (3).')
  assert.equal(words.line.offlineWaiting(0), 'Offline — what you write waits here.')
  assert.equal(words.composer.typing(['Ann']), 'Ann is typing')
  assert.equal(words.composer.typing(['Ann', 'Bob']), 'Ann and Bob are typing')
})

test('we do not say “oops”, and we do not shout', () => {
  const said = JSON.stringify(words)
  assert.doesNotMatch(said, /oops|whoops|sorry|!"/i)
})
