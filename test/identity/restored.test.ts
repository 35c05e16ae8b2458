import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import pino from 'pino'
import { readConfig } from '../../src/config.ts'
import { type House, openHouse, restoring, systemClock } from '../../src/house.ts'
import { restore } from '../../src/ops/restore.ts'
import { day } from './household.ts'

type Place = ReturnType<typeof newPlace>

function newPlace(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'parley-restored-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const { config } = readConfig({ root, env: {} })
  return { root, config, file: join(config.data.dir, 'parley.db'), backup: join(root, 'safe.db') }
}

/** What is done while the store is open. */
async function inHouse<T>({ config }: Place, work: (house: House) => Promise<T>): Promise<T> {
  const announce = async () => ({ connections: 0, unconfirmed: 0 })
  const house = await openHouse({
    config: () => config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    announce,
    onFatal: assert.fail,
  })
  try {
    return await work(house)
  } finally {
    await house.close()
  }
}

const putBack = ({ config, backup }: Place, { newSecrets = false, withoutPresent = false } = {}) =>
  restore({ config, restoring, backup, newSecrets, withoutPresent, now: Date.now, tell: () => undefined })

const keyIn = (house: House, kind: 'token' | 'cookie') =>
  house.keys.list().find((key) => key.kind === kind && key.state === 'active')?.id ?? assert.fail()

/** A login whose only token is of the active key, as the operator issues them. */
async function issue(house: House, name: string) {
  const account = (await house.accounts.find(name)) ?? (await house.accounts.add({ name, role: 'member' }))
  const expiresAt = Date.now() + 90 * day
  const login = await house.logins.begin({ account: account.id, credential: 'token', label: '', address: '', expiresAt })
  return { login, kid: keyIn(house, 'token'), ...(await house.tokens.token(login, { expiresAt })) }
}

const backUp = (house: House, { backup }: Place) => house.store.backup({ to: backup, replace: true })
const lastRow = async (house: House) => (await house.audit.page({ limit: 1_000 })).at(-1)

test('after a restore a key that leaked still ends the logins that came in by it, also those whose token was new since the backup', async (t) => {
  const place = newPlace(t)
  const { ada, bob, kid } = await inHouse(place, async (house) => {
    const [ada, bob] = [await issue(house, 'ada'), await issue(house, 'bob')]
    await backUp(house, place)
    await house.keys.rotate('token')
    // Ada's login goes on with a token of the new key; bob's stays with that of the old one.
    await house.tokens.token(ada.login, { expiresAt: ada.expiresAt })
    return { ada, bob, kid: keyIn(house, 'token') }
  })
  assert.equal((await putBack(place)).holding, 2)
  await inHouse(place, async (house) => {
    assert.notEqual(kid, ada.kid)
    assert.equal((await house.keys.retire(kid)).logins, 1)
    assert.equal(await house.logins.find(ada.login.id), undefined)
    assert.ok(await house.logins.find(bob.login.id))
    assert.equal((await house.keys.retire(bob.kid)).logins, 1)
    assert.equal(await house.logins.find(bob.login.id), undefined)
  })
})

test('a restore is a row of the log that goes on: what was restored, by whom, and how many logins ended', async (t) => {
  const place = newPlace(t)
  const before = await inHouse(place, async (house) => {
    const ada = await issue(house, 'ada')
    await backUp(house, place)
    await house.logins.end({ ids: [ada.login.id] }, 'ended')
    return (await lastRow(house))?.seq ?? 0
  })
  const { store } = await putBack(place)
  await inHouse(place, async (house) => {
    const row = await lastRow(house)
    assert.deepEqual([row?.seq, row?.event, row?.who, row?.what], [before + 1, 'sys_restore', 'operator', store])
    assert.deepEqual(row?.extra, { logins: 'carried', ended: 1, newSecrets: false })
    assert.deepEqual(await house.audit.verify(), { ok: true, rows: before + 1, head: { seq: row?.seq, hash: row?.hash } })
  })
})

test('a broken present store, and another machine with the key beside: the row says what was lost, and nothing looks tampered with', async (t) => {
  const place = newPlace(t)
  await inHouse(place, async (house) => {
    await issue(house, 'ada')
    await backUp(house, place)
  })
  writeFileSync(place.file, 'the cat sat here')
  await putBack(place, { withoutPresent: true })
  const elsewhere = newPlace(t)
  copyFileSync(place.backup, elsewhere.backup)
  copyFileSync(join(place.config.data.dir, 'master.key'), `${elsewhere.backup}.key`)
  await putBack(elsewhere)
  const lost = ['accounts', 'logins', 'keys', 'invitations', 'audit']
  for (const [one, more] of [
    [place, { lost }],
    [elsewhere, {}],
  ] as const)
    await inHouse(one, async (house) => {
      assert.deepEqual((await lastRow(house))?.extra, { logins: 'all', ended: 1, newSecrets: false, ...more })
      assert.ok((await house.audit.verify()).ok)
    })
})

test('with new secrets the log is sealed anew and says at which row; what is changed or cut off later is found', async (t) => {
  const place = newPlace(t)
  const rows = await inHouse(place, async (house) => {
    await issue(house, 'ada')
    await backUp(house, place)
    return (await lastRow(house))?.seq ?? 0
  })
  const elsewhere = newPlace(t)
  copyFileSync(place.backup, elsewhere.backup)
  assert.equal((await putBack(elsewhere, { newSecrets: true })).newSecrets, true)
  await inHouse(elsewhere, async (house) => {
    const row = await lastRow(house)
    assert.deepEqual(row?.extra, { logins: 'all', ended: 1, newSecrets: true, resealed: rows })
    await issue(house, 'bob')
    const { ok, resealed } = await house.audit.verify()
    assert.deepEqual([ok, resealed], [true, rows])
  })
  const db = new DatabaseSync(elsewhere.file)
  db.exec('drop trigger audit_no_delete; delete from audit where seq = (select max(seq) from audit)')
  db.close()
  await inHouse(elsewhere, async (house) => assert.match((await house.audit.verify()).fault?.words ?? '', /is missing/))
})

test('new secrets do not whitewash a row that somebody changed', async (t) => {
  const place = newPlace(t)
  await inHouse(place, async (house) => {
    await issue(house, 'ada')
    await backUp(house, place)
  })
  const db = new DatabaseSync(place.backup)
  db.exec("drop trigger audit_no_update; update audit set who = 'eve' where seq = 1")
  db.close()
  const elsewhere = newPlace(t)
  copyFileSync(place.backup, elsewhere.backup)
  await putBack(elsewhere, { newSecrets: true })
  await inHouse(elsewhere, async (house) => assert.equal((await house.audit.verify()).fault?.seq, 1))
})

test('when the restore cannot be written down, nothing is changed', async (t) => {
  const place = newPlace(t)
  await inHouse(place, async (house) => {
    await issue(house, 'ada')
    await backUp(house, place)
  })
  const failing = { ...restoring, record: () => Promise.reject(new Error('no room')) }
  const { config, backup } = place
  const store = await inHouse(place, async (house) => house.store.incarnation)
  const asked = { config, restoring: failing, backup, newSecrets: false, withoutPresent: false, now: Date.now, tell: () => undefined }
  await assert.rejects(restore(asked), /no room/)
  await inHouse(place, async (house) => assert.equal(house.store.incarnation, store))
})
