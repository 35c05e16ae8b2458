import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHouse } from '../support/house.ts'
import { postgresProgram, sharedPostgres } from '../support/postgres.ts'
import { newPlace } from './parley.ts'

test('the drill of the operating page: a copy made while people talk is put back whole, and lets nobody back in (CFG-11)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-drill-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const postgres = await sharedPostgres()
  const [live, empty] = [await postgres.database(), await postgres.bare()]
  const to = ['--host', '127.0.0.1', '--port', `${postgres.port}`, '--username', 'parley']
  const run = (program: string, ...args: string[]) => execFileSync(postgresProgram(program), [...to, ...args], { stdio: 'pipe' })

  const house = await startHouse({ folder, settings: { PARLEY__STORE__URL: postgres.url(live) } })
  const [ada, bob] = await house.people('ada', 'bob')
  const tea = await house.room('tea', [ada, bob])
  const a = await house.connect(ada)
  await a.open(tea)
  const said = await a.post(tea, 'before the copy')
  const busy = Promise.all(Array.from({ length: 15 }, (_, i) => a.post(tea, `meanwhile ${i}`)))
  const file = join(folder, 'parley.dump')
  run('pg_dump', '--format', 'custom', '--file', file, live.database)
  await busy
  await house.service.house.logins.end({ ids: [bob.login.id] }, 'ended')
  const { incarnation } = house.service.house.store
  await house.close()

  run('pg_restore', '--exit-on-error', '--no-owner', '--dbname', empty.database, file)
  const settings = { PARLEY__STORE__URL: postgres.url(empty) }
  const place = await newPlace(t)
  const { code, stdout, stderr } = await place.parley(['store', 'restored', '--json'], { env: { ...settings, PARLEY_ROOT: folder } })
  assert.equal(code, 0, stderr)
  const told = JSON.parse(stdout) as { store: string; ended: number }
  assert.equal(told.ended, 2, 'ada, and bob, who had been ended since')

  const again = await startHouse({ folder, settings })
  t.after(() => again.close())
  assert.equal(again.service.house.store.incarnation, told.store)
  assert.notEqual(told.store, incarnation, 'so that clients drop their cursors')
  assert.deepEqual([await again.refusal(ada), await again.refusal(bob)], [401, 401])
  const back = await again.login(ada.account)
  const page = await again.service.house.messages.history(back.account.id, tea, { limit: 50 })
  assert.equal(page.events[0]?.id, said.id)
  assert.ok((await again.service.house.audit.verify()).ok)
})

test('a store on which a node works, on another machine, is not made safe to open: the node is named, and ada stays signed in', async (t) => {
  const postgres = await sharedPostgres()
  const settings = {
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
  }
  const house = await startHouse({ store: 'sqlite', settings })
  t.after(() => house.close())
  const [ada] = await house.people('ada')
  const here = await newPlace(t)
  const { code, stderr } = await here.parley(['store', 'restored'], { env: settings })
  assert.equal(code, 1)
  assert.match(stderr, new RegExp(`Nodes work on this store: ${house.service.node}\\. Stop all of them first: parley drain`))
  assert.ok(await house.service.house.logins.find(ada.login.id))
})
