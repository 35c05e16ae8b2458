import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Denied } from '../../src/sdk/client.ts'
import { fixedToken } from '../../src/sdk/fixed-token.ts'

function asked(answer: () => Promise<{ status: number }>) {
  const seen: string[] = []
  const given = fixedToken({
    url: 'wss://chat.example/ws',
    token: 'the-token',
    fetch: (url, { method, headers }) => {
      seen.push(`${method} ${url} ${headers.Authorization}`)
      return answer()
    },
  })
  return { ...given, seen }
}
const isOver = (error: unknown) => error instanceof Denied && error.verdict === 'new-credentials'

test('a token that is taken is asked about by nobody; one whose attempt led to nothing is, and a clear no ends it', async () => {
  const { credential, taken, seen } = asked(async () => ({ status: 401 }))
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await credential('attempt'), { bearer: 'the-token' })
    taken()
  }
  assert.deepEqual(seen, [])
  await credential('attempt')
  await assert.rejects(credential('attempt'), isOver)
  assert.deepEqual(seen, ['HEAD https://chat.example/api/v1/rooms Bearer the-token'], 'and never in the address')
})

test('where nothing is answered, or anything but a clear no, the socket is tried', async () => {
  for (const answer of [
    () => Promise.reject(new Error('no network')),
    ...[200, 403, 404, 429, 503].map((status) => async () => ({ status })),
  ]) {
    const { credential, seen } = asked(answer)
    for (let i = 0; i < 2; i++) assert.deepEqual(await credential('attempt'), { bearer: 'the-token' })
    assert.equal(seen.length, 1)
  }
  const { credential } = fixedToken({ url: 'no address', token: 'x' })
  for (let i = 0; i < 2; i++) assert.deepEqual(await credential('attempt'), { bearer: 'x' })
})

test('what was turned away by its own name is not offered again', async () => {
  for (const why of ['new-credentials', 'renew'] as const) await assert.rejects(asked(assert.fail).credential(why), isOver)
})
