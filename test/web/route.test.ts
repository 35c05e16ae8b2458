import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRoute, roomPath } from '../../src/web/state/route.ts'

test('a permalink leads to its message and back', () => {
  assert.deepEqual(readRoute(roomPath('rTea_-9', 4321)), { page: 'room', room: 'rTea_-9', seq: 4321 })
  assert.deepEqual(readRoute(roomPath('rTea_-9')), { page: 'room', room: 'rTea_-9' })
  assert.deepEqual(readRoute('/logins'), { page: 'logins' })
})

test('what is no address of ours is home', () => {
  for (const path of [
    '/',
    '/r/',
    '/r/a b',
    '/r/a/x',
    '/r/a/1/2',
    '/r/../x',
    '/logins/',
    '/r/%2e',
    `/r/${'a'.repeat(65)}`,
    '//evil.example',
  ]) {
    assert.deepEqual(readRoute(path), { page: 'home' }, path)
  }
})
