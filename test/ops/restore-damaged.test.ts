import assert from 'node:assert/strict'
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { newPlace } from './parley.ts'
import { houseWithBackup, inHouse, inStore, putBack, storeOf } from './restored-house.ts'

test('a present store that cannot be read is not passed over: only a flag goes on, and then every login has ended (CFG-11)', async (t) => {
  const { place, file } = await houseWithBackup(t)
  inStore(file, (db) => db.exec("insert into invite values ('open', 'invite', null, 'parley', 1, 9e12, 5)"))
  writeFileSync(storeOf(place), 'the cat sat here')
  await assert.rejects(putBack(place, file), /accounts, logins.*Nothing was changed.*--without-present.*disabled accounts/s)
  assert.equal(readFileSync(storeOf(place), 'utf8'), 'the cat sat here')
  const restored = await putBack(place, file, false, true)
  assert.deepEqual([restored.logins, restored.ended, restored.holding], ['all', 2, 0])
  assert.deepEqual(restored.lost, ['accounts', 'logins', 'keys', 'invitations', 'audit'])
  assert.match(restored.kept ?? '', /parley\.db\.before-restore-\d{8}T\d{6}$/)
  assert.equal(readFileSync(restored.kept ?? '', 'utf8'), 'the cat sat here')
  assert.deepEqual(
    inStore(storeOf(place), (db) => db.prepare('select code from invite').all()),
    [],
  )
  await inHouse(place, async ({ does }) => assert.deepEqual(await does('loginList', {}), []))
})

/** Writes over the first page of a table or an index. */
function spoil(file: string, what: string): void {
  const { root, size } = inStore(file, (db) => {
    db.exec('pragma wal_checkpoint(truncate)')
    const { page_size } = db.prepare('pragma page_size').get() as { page_size: number }
    const { rootpage } = db.prepare('select rootpage from sqlite_schema where name = ?').get(what) as { rootpage: number }
    return { root: rootpage, size: page_size }
  })
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(size, 0x5a), 0, size, (root - 1) * size)
  closeSync(descriptor)
}

/** A disabled account and a new password, unknown to the backup. */
async function houseOfChanges(t: TestContext) {
  const { place, file } = await houseWithBackup(t)
  inStore(file, (db) => db.exec("insert into invite values ('open', 'invite', null, 'parley', 1, 9e12, 5)"))
  await inHouse(place, async ({ does }) => {
    await does('accountDisable', { account: 'bob' })
    await does('accountPassword', { account: 'ada', password: 'another long sentence' })
    await does('tokenIssue', { account: 'ada', ttl: 3_600_000 })
  })
  const accounts = () =>
    inStore(storeOf(place), (db) => db.prepare('select name, password, role, disabled_at from account order by name').all())
  return { place, file, accounts }
}

test('damage among the messages of the present store lets no disabled account and no old password back in', async (t) => {
  const { place, file, accounts } = await houseOfChanges(t)
  const before = accounts()
  for (const what of ['event_edits', 'event']) spoil(storeOf(place), what)
  const restored = await putBack(place, file)
  assert.deepEqual([restored.logins, restored.ended, restored.holding, restored.lost], ['carried', 2, 0, undefined])
  assert.deepEqual(accounts(), before)
  await inHouse(place, async ({ house }) => assert.ok((await house.audit.verify()).ok))
})

test('damaged logins, keys or invitations of the present store: each falls to the safe side, and the rest is still carried', async (t) => {
  const scenes = [
    { what: 'login', lost: 'logins', flag: true, logins: 'all' },
    { what: 'sqlite_autoindex_account_1', lost: 'accounts', flag: true, logins: 'all' },
    { what: 'secret', lost: 'keys', flag: false, logins: 'all' },
    { what: 'invite', lost: 'invitations', flag: false, logins: 'carried' },
    { what: 'audit', lost: 'audit', flag: false, logins: 'carried' },
  ]
  for (const { what, lost, flag, logins } of scenes) {
    const { place, file, accounts } = await houseOfChanges(t)
    const before = accounts()
    spoil(storeOf(place), what)
    if (flag) await assert.rejects(putBack(place, file), new RegExp(`${lost}.*Nothing was changed`, 's'))
    const restored = await putBack(place, file, false, flag)
    assert.deepEqual([restored.lost, restored.logins, restored.holding], [[lost], logins, 0], what)
    if (lost !== 'accounts') assert.deepEqual(accounts(), before, what)
    await inHouse(place, async ({ house }) => {
      assert.ok((await house.audit.verify()).ok, what)
      const rows = await house.audit.page({ limit: 1_000 })
      assert.match(JSON.stringify(rows.at(-1)), new RegExp(`"sys_restore".*"lost":\\["${lost}"\\]`))
    })
  }
})

test('the command line names what a damaged store could not give, and what that means', async (t) => {
  const { root, data, parley } = await newPlace(t)
  const file = join(root, 'safe.db')
  await parley(['account', 'add', 'ada', '--no-password'])
  assert.equal((await parley(['backup', file])).code, 0)
  spoil(join(data, 'parley.db'), 'account')
  const refused = await parley(['restore', file])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /accounts cannot be read\. Nothing was changed\. With --without-present.*can sign in again/)
  const restored = await parley(['restore', file, '--without-present'])
  assert.deepEqual([restored.code, restored.stdout], [0, 'Restored: 0 messages, 1 account, 0 logins still good.\n'])
  assert.match(restored.stderr, /Passwords, roles and disabled accounts are those of the backup/)
  assert.doesNotMatch(restored.stderr, /There was no present store/)
  assert.equal((await parley(['audit', 'verify'])).code, 0)
})
