import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { operator } from '../../src/chat/log.ts'
import { startHouse } from '../support/house.ts'
import { sharedPostgres } from '../support/postgres.ts'
import { newPlace, startServer } from './parley.ts'

test('a house moves into PostgreSQL: nobody has to sign in again, nobody misses or hears a message twice, and the log of what happened is whole', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-move-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const postgres = await sharedPostgres()
  const there = await postgres.bare()
  const before = await startHouse({ folder, store: 'sqlite' })
  const [ada, bob] = await before.people('ada', 'bob')
  const tea = await before.room('tea', [ada, bob])
  const empty = await before.room('empty', [])
  const [a, b] = [await before.connect(ada), await before.connect(bob)]
  await b.open(tea)
  const first = await a.post(tea, 'hello @bob ☕')
  await b.hearsText('hello @bob ☕')
  await a.ask('react', { room: tea, key: 'a-key-of-adas-own', seq: first.seq, emoji: '👍', on: true })
  await a.post(tea, 'while bob is away')
  await before.close()

  const place = await newPlace(t)
  const migrate = (...more: string[]) =>
    place.parley(['store', 'migrate', '--from', 'sqlite:data/parley.db', ...more], { env: { PARLEY_ROOT: folder } })
  const address = `postgres://parley@127.0.0.1:${postgres.port}/${there.database}`
  const bytes = readFileSync(join(folder, 'data/parley.db'))
  const open = await migrate('--to', address.replace('parley@', 'parley:hunter2@'))
  assert.deepEqual([open.code, /hunter2/.test(open.stdout + open.stderr)], [2, false])
  assert.match((await migrate()).stderr, /Where to\? Give --to/)
  const moved = await migrate('--to', address, '--json')
  assert.equal(moved.code, 0, moved.stderr)
  assert.match(moved.stderr, /^(\d0 % moved …\n)+$/)
  const facts = JSON.parse(moved.stdout) as Record<string, unknown>
  assert.deepEqual([facts.messages, facts.rooms, facts.accounts, facts.to], [2, 2, 2, `127.0.0.1:${postgres.port}/${there.database}`])
  assert.deepEqual(readFileSync(join(folder, 'data/parley.db')), bytes, 'the file is as it was')
  const twice = await migrate('--to', address)
  assert.deepEqual([twice.code, /holds a store already/.test(twice.stderr)], [1, true])

  const after = await startHouse({ folder, settings: { PARLEY__STORE__URL: postgres.url(there) } })
  t.after(() => after.close())
  const again = await after.connect(bob)
  const opened = await again.open(tea, { after: first.seq, id: first.id })
  assert.deepEqual(
    (opened.events as { kind: string; text?: string }[]).map(({ kind, text }) => text ?? kind),
    ['reacted', 'while bob is away'],
  )
  assert.equal((await again.hears('welcome')).store, facts.store)
  await (await after.connect(ada)).post(tea, 'and on it goes')
  await again.hearsText('and on it goes')
  await after.service.house.rooms.add(operator, empty, ada.account.id)
  assert.equal((await after.service.house.audit.verify()).ok, true)
})

test('a store is not moved from under a server that runs, nor by a file that is none', async (t) => {
  const postgres = await sharedPostgres()
  const { database } = await postgres.bare()
  const to = ['--to', `postgres://parley@127.0.0.1:${postgres.port}/${database}`]
  const place = await newPlace(t)
  await startServer(place)
  const running = await place.parley(['store', 'migrate', '--from', 'sqlite:data/parley.db', ...to])
  assert.deepEqual([running.code, /A server is running here/.test(running.stderr)], [1, true])
  const none = await place.parley(['store', 'migrate', '--from', 'sqlite:nowhere.db', ...to])
  assert.deepEqual([none.code, /There is no store/.test(none.stderr)], [2, true])
  assert.deepEqual(await postgres.ask(database, "select 1 from pg_tables where tablename = 'account'"), [])
})
