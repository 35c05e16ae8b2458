import assert from 'node:assert/strict'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newPlace, startServer } from './parley.ts'

test('a slip in the configuration keeps no operator from ending logins on the server that runs', async (t) => {
  const place = await newPlace(t)
  await startServer(place)
  assert.equal((await place.parley(['account', 'add', 'bot', '--no-password'])).code, 0)
  assert.equal((await place.parley(['token', 'issue', '--account', 'bot'])).code, 0)
  writeFileSync(join(place.root, 'config', 'local.yaml'), 'server: [')
  const { code, stdout, stderr } = await place.parley(['login', 'end', '--account', 'bot', '--all', '--json'])
  assert.deepEqual([code, JSON.parse(stdout).logins], [0, 1], stderr)
  assert.match(stderr, /configuration has faults.*config check/)
  const check = await place.parley(['config', 'check'])
  assert.equal(check.code, 2)
})

test('a master key that is gone is asked for; none is made in its place', async (t) => {
  const place = await newPlace(t)
  assert.equal((await place.parley(['account', 'add', 'ada', '--no-password'])).code, 0)
  const key = join(place.root, 'data', 'master.key')
  renameSync(key, `${key}.away`)
  const { code, stderr } = await place.parley(['account', 'list'])
  assert.equal(code, 1)
  assert.match(stderr, /master\.key is missing.*put it back/)
  assert.ok(!existsSync(key))
  renameSync(`${key}.away`, key)
  assert.equal((await place.parley(['account', 'list'])).code, 0)
})
