import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { newPlace, startServer } from './parley.ts'

interface Key {
  id: string
  kind: string
  state: string
  createdAt: number
  since: number
}

test('an operator sees which keys there are, changes them, and never sees one', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  const list = async (): Promise<Key[]> => JSON.parse((await parley(['keys', 'list', '--json'])).stdout)
  const before = await list()
  assert.deepEqual(before.map(({ kind, state }) => `${kind} ${state}`).sort(), [
    'cookie active',
    'cookie next',
    'token active',
    'token next',
  ])
  for (const key of before) assert.deepEqual(Object.keys(key), ['id', 'kind', 'state', 'createdAt', 'since'])
  const [rotated] = JSON.parse((await parley(['keys', 'rotate', '--kind', 'cookie', '--json'])).stdout)
  assert.equal(rotated.active, before.find(({ kind, state }) => kind === 'cookie' && state === 'next')?.id)
  const both = await parley(['keys', 'rotate'])
  assert.match(both.stdout, /^The token key \S+ signs now; \S+ is kept for what it has signed\.\nThe cookie key /)
  assert.equal((await list()).length, 7)
  const shown = await parley(['keys', 'list'])
  assert.match(shown.stdout, /^KIND +STATE +SINCE \(UTC\) +CREATED \(UTC\) +ID\n/)
  const db = new DatabaseSync(join(place.data, 'parley.db'), { readOnly: true })
  for (const { sealed } of db.prepare('select sealed from secret').all() as { sealed: string }[]) assert.ok(!shown.stdout.includes(sealed))
  db.close()
})

test('a key is only thrown away by who says so twice, and its tokens are refused from then on (JWT-08)', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  await startServer(place)
  await parley(['account', 'add', 'gull', '--no-password'])
  const { token } = JSON.parse((await parley(['token', 'issue', '--account', 'gull', '--ttl', '30d', '--json'])).stdout)
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url').toString())
  await parley(['keys', 'rotate', '--kind', 'token'])
  assert.match((await parley(['login', 'list'])).stdout, /gull/)

  const unsaid = await parley(['keys', 'retire', kid])
  assert.deepEqual([unsaid.code, unsaid.stdout], [2, ''])
  assert.match(unsaid.stderr, /say --now/)
  const gone = await parley(['keys', 'retire', kid, '--now', '--json'])
  assert.deepEqual(JSON.parse(gone.stdout), { id: kid, kind: 'token', state: 'retiring', logins: 1, connections: 0, unconfirmed: 0 })
  assert.equal((await parley(['login', 'list'])).stdout, 'Nobody is signed in.\n')
  const again = await parley(['keys', 'retire', kid, '--now'])
  assert.deepEqual([again.code, again.stdout], [1, ''])
  assert.match(again.stderr, /There is no key/)
})
