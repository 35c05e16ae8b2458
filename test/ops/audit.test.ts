import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { openHouse, systemClock } from '../../src/house.ts'
import type { AuditEntry } from '../../src/identity/audit.ts'
import { createLog } from '../../src/log.ts'
import { openOffice } from './office.ts'
import { newPlace, type Place, password, startServer } from './parley.ts'

/** Rows that were there before, without a server. */
async function manyRows({ root }: Place, n: number): Promise<void> {
  const { config } = readConfig({ root, env: {} })
  const announce = async () => ({ connections: 0, unconfirmed: 0 })
  const house = await openHouse({
    config: () => config,
    log: createLog({ level: 'silent' }),
    clock: systemClock,
    announce,
    onFatal: assert.fail,
  })
  const records = Array.from({ length: n }, (_, i) => ({ event: 'sys_drain', what: `${i}` }) as const)
  await house.store.db.transaction().execute((tx) => house.audit.note(tx, ...records))
  await house.close()
}

const rowsIn = (ndjson: string): AuditEntry[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

test('what an operator does is written down: each act once, with what it was done to', async (t) => {
  const { client, house } = await openOffice(t)
  const admin = await client()
  const ada = (await admin.ask('accountAdd', { name: 'ada', role: 'admin', password })) as { id: string }
  const bob = (await admin.ask('accountAdd', { name: 'bob', password })) as { id: string }
  const room = (await admin.ask('roomAdd', { name: 'Tea', members: ['ada'] })) as { id: string }
  let seen = (await house.audit.page({ limit: 1_000 })).length
  const tells = async (act: string, input: object) => {
    await admin.ask(act, input)
    const rows = await house.audit.page({ after: seen, limit: 1_000 })
    seen += rows.length
    for (const { who, address } of rows) assert.deepEqual([who, address], ['operator', 'local'], act)
    return rows.map(({ event, what }) => [event, what])
  }
  assert.deepEqual(await tells('accountPassword', { account: 'bob', password: 'another long sentence' }), [
    ['authn_password_change', bob.id],
  ])
  assert.deepEqual(await tells('accountRole', { account: 'bob', role: 'admin' }), [['privilege_permissions_changed', bob.id]])
  assert.deepEqual(await tells('tokenIssue', { account: 'bob', ttl: 60_000 }), [
    ['session_created', bob.id],
    ['authn_token_created', bob.id],
  ])
  assert.deepEqual(await tells('loginEnd', { account: 'bob' }), [['session_terminated', bob.id]])
  assert.deepEqual(await tells('accountDisable', { account: 'bob' }), [['user_disabled', bob.id]])
  assert.deepEqual(await tells('accountEnable', { account: 'bob' }), [['user_enabled', bob.id]])
  assert.deepEqual(await tells('roomArchive', { room: 'Tea' }), [['room_archive', room.id]])
  assert.deepEqual(await tells('invite', {}), [['invite_created', undefined]])
  assert.deepEqual(
    (await tells('keysRotate', {})).map(([event]) => event),
    ['key_rotated', 'key_rotated'],
  )
  assert.deepEqual(await tells('accountList', {}), [], 'who only looks changes nothing')
  const operator = { account: 'parley' }
  await assert.rejects(house.rooms.remove(operator, room.id, bob.id), { code: 'forbidden' })
  await assert.rejects(house.rooms.setRole(operator, room.id, ada.id, 'moderator'), { code: 'forbidden' })
  const rooms = (await house.audit.page({ after: seen, limit: 10 })).map(({ event, extra }) => [event, extra])
  assert.deepEqual(rooms, [
    ['room_expel', { account: bob.id }],
    ['room_expel', { account: bob.id, refused: 'forbidden' }],
    ['room_role', { account: ada.id, role: 'moderator' }],
    ['room_role', { account: ada.id, role: 'moderator', refused: 'forbidden' }],
  ])
})

test('an order that cannot be written down is not carried out, in a room either', async (t) => {
  const { client, house, file } = await openOffice(t)
  const admin = await client()
  await admin.ask('roomAdd', { name: 'Tea' })
  const db = new DatabaseSync(join(file, '../parley.db'), { timeout: 5_000 })
  db.exec("create trigger full before insert on audit begin select raise(abort, 'no space'); end")
  for (const [act, input] of [
    ['roomArchive', { room: 'Tea' }],
    ['roomAdd', { name: 'Coffee' }],
    ['accountAdd', { name: 'eve' }],
    ['drain', {}],
  ] as const) {
    await assert.rejects(admin.ask(act, input), (error: Error & { code: string }) => error.code === 'internal', act)
  }
  db.close()
  const [tea, ...others] = (await admin.ask('roomList', {})) as { archived: boolean }[]
  assert.deepEqual([tea?.archived, others.length, await house.accounts.count()], [false, 0, 0])
})

test('the whole log comes out page by page, one row a line; a span of time comes out alone', async (t) => {
  const place = await newPlace(t)
  await manyRows(place, 2_345)
  const all = await place.parley(['audit', 'export'])
  assert.deepEqual([all.code, all.stderr], [0, ''])
  const rows = rowsIn(all.stdout)
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    Array.from({ length: 2_345 }, (_, i) => i + 1),
  )
  const year = new Date().getUTCFullYear()
  assert.equal((await place.parley(['audit', 'export', '--from', `${year + 1}-01-01`])).stdout, '')
  assert.equal(rowsIn((await place.parley(['audit', 'export', '--to', `${year + 1}-01-01T00:00Z`])).stdout).length, 2_345)
  const wrong = await place.parley(['audit', 'export', '--from', 'yesterday'])
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
})

test('a log that somebody has changed while nothing ran is not passed over, and the row is named (LOG-06)', async (t) => {
  const place = await newPlace(t)
  await manyRows(place, 1_200)
  const good = await place.parley(['audit', 'verify'])
  assert.equal(good.code, 0)
  assert.match(good.stdout, /^1200 rows, each as it was written\. The last one: 1200 [\w-]{43}\n$/)
  const db = new DatabaseSync(join(place.data, 'parley.db'))
  db.exec("drop trigger audit_no_update; update audit set who = 'parlez' where seq = 777")
  db.close()
  const bad = await place.parley(['audit', 'verify', '--json'])
  assert.equal(bad.code, 1)
  const { ok, rows, fault } = JSON.parse(bad.stdout)
  assert.deepEqual([ok, rows, fault], [false, 776, { seq: 777, words: 'Row 777 is not as it was written.' }])
  assert.match((await place.parley(['audit', 'verify'])).stdout, /^Row 777 is not as it was written\. The 776 rows before it are good\.\n$/)
})

test('a running server writes down its configuration, its certificates and its end', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  const server = await startServer(place)
  await writeFile(join(place.root, 'config', 'local.yaml'), 'login:\n  idle: 1h\n')
  await parley(['reload'])
  await writeFile(join(place.root, 'certs', 'fullchain.pem'), 'no certificate\n')
  await parley(['reload'])
  await parley(['drain'])
  await server.ended
  const rows = rowsIn((await parley(['audit', 'export'])).stdout)
  const told = rows.map(({ event, who, extra }) => ({ event, who, extra: extra as Record<string, unknown> | undefined }))
  assert.deepEqual(told.find(({ event }) => event === 'sys_config_reloaded')?.extra, { changed: ['login.idle'], restart: [] })
  assert.equal(told.find(({ event }) => event === 'sys_drain')?.who, 'operator')
  const refused = told.find(({ event }) => event === 'tls_pair_refused')
  assert.equal(refused?.who, 'operator', 'whose reload it was')
  assert.ok(Array.isArray(refused?.extra?.reasons))
  assert.equal((await parley(['audit', 'verify'])).code, 0)
  // Whoever has an export can check it without Parley, as the protocol says.
  for (const { seq, at, event, who, what, address, login, request, extra, prev, hash } of rows) {
    const text = JSON.stringify([seq, at, event, who, what, address, login, request, extra && JSON.stringify(extra), prev])
    assert.equal(createHash('sha256').update(text).digest('base64url'), hash)
  }
})
