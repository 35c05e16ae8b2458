import assert from 'node:assert/strict'
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { houseWithBackup, inHouse, inStore, newPlace, putBack, storeOf } from './restored-house.ts'

test('who may sign in is as it was before the restore; rooms are as they were in the backup (CFG-11)', async (t) => {
  const { place, file } = await houseWithBackup(t)
  const invite = inStore(file, (db) => {
    db.exec("insert into invite values ('used-up', 'invite', null, 'parley', 1, 9e12, 5)")
    return 'used-up'
  })
  await inHouse(place, async ({ does }) => {
    await does('accountRole', { account: 'bob', role: 'member' })
    await does('accountDisable', { account: 'bob' })
    await does('accountPassword', { account: 'ada', password: 'another long sentence' })
    await does('roomAdd', { name: 'Coffee' })
  })
  const rowsOf = (sql: string) => inStore(storeOf(place), (db) => db.prepare(sql).all())
  const accounts = rowsOf('select name, password, role, disabled_at from account order by name')
  const secrets = rowsOf('select * from secret order by id')
  const audit = rowsOf('select * from audit order by seq')

  const restored = await putBack(place, file)
  assert.deepEqual([restored.logins, restored.ended, restored.holding, restored.rooms], ['carried', 2, 0, 1])
  assert.deepEqual(rowsOf('select name, password, role, disabled_at from account order by name'), accounts)
  assert.deepEqual(rowsOf('select * from secret order by id'), secrets)
  assert.deepEqual(rowsOf("select * from audit where event <> 'sys_restore' order by seq"), audit)
  assert.deepEqual(rowsOf(`select * from invite where code = '${invite}'`), [])
  assert.equal(
    inStore(restored.kept ?? '', (db) => db.prepare('select count(*) as n from room').get()?.n),
    2,
  )
  await inHouse(place, async ({ house, does }) => {
    assert.deepEqual(
      (await does('roomList', {})).map(({ name }) => name),
      ['Tea'],
    )
    assert.equal((await house.audit.verify()).fault, undefined)
    assert.deepEqual([house.store.incarnation, house.store.lineage], [restored.store, restored.lineage])
  })
})

test('on another machine the key beside the backup opens it; without one it says so, and everyone signs in again', async (t) => {
  const { place, file } = await houseWithBackup(t, true)
  const elsewhere = newPlace(t)
  const alone = join(elsewhere.root, 'alone.db')
  copyFileSync(file, alone)
  await assert.rejects(putBack(elsewhere, alone), /does not open the secrets in this backup.*Nothing was changed.*--new-secrets/s)
  assert.deepEqual(
    readdirSync(elsewhere.data).filter((name) => name.startsWith('parley.db')),
    [],
  )

  const taken = await putBack(elsewhere, file)
  assert.deepEqual([taken.newSecrets, taken.ended, taken.holding, taken.logins], [false, 2, 0, 'all'])
  assert.equal(readFileSync(join(elsewhere.data, 'master.key'), 'utf8'), readFileSync(join(place.data, 'master.key'), 'utf8'))
  assert.equal(statSync(join(elsewhere.data, 'master.key')).mode & 0o777, 0o600)
  await inHouse(elsewhere, async ({ does }) => assert.equal((await does('accountList', {})).length, 2))

  const third = newPlace(t)
  const fresh = await putBack(third, alone, true)
  assert.deepEqual([fresh.newSecrets, fresh.ended, fresh.holding], [true, 2, 0])
  await inHouse(third, async ({ does }) => {
    assert.equal((await does('accountList', {})).length, 2)
    await does('tokenIssue', { account: 'ada', ttl: 60_000 })
  })
})

test('what is no whole backup of ours changes nothing', async (t) => {
  const { place, file } = await houseWithBackup(t)
  const copy = (name: string) => {
    const to = join(place.root, name)
    copyFileSync(file, to)
    return to
  }
  const says = async (words: RegExp, from: string) => {
    const before = readFileSync(storeOf(place))
    await assert.rejects(putBack(place, from), (error: Error) => words.test(error.message) && error.message.includes(from))
    assert.deepEqual(readFileSync(storeOf(place)), before)
    assert.deepEqual(
      readdirSync(place.data).filter((name) => name.includes('restor')),
      [],
    )
  }
  await says(/There is no store /, join(place.root, 'nowhere.db'))
  await says(/ is no file\.$/, place.root)
  const text = join(place.root, 'text.db')
  writeFileSync(text, 'Dear diary, today the cat sat on the keyboard.\n'.repeat(99))
  await says(/file is not a database/, text)
  const foreign = join(place.root, 'foreign.db')
  inStore(foreign, (db) => db.exec('create table recipe (name text)'))
  await says(/is a database, but not a store of Parley/, foreign)
  const newer = copy('newer.db')
  inStore(newer, (db) => db.exec("insert into kysely_migration values ('9999-the-future', '2099')"))
  await says(/was written by a newer Parley \(9999-the-future\)/, newer)
  const cut = copy('cut.db')
  truncateSync(cut, statSync(cut).size - 8_192)
  await says(/malformed|damaged|cannot be read/, cut)
  const rotten = copy('rotten.db')
  const descriptor = openSync(rotten, 'r+')
  for (let page = 2; page < 30; page++) writeSync(descriptor, Buffer.alloc(64, 0xff), 0, 64, page * 4096)
  closeSync(descriptor)
  await says(/malformed|damaged|cannot be read/, rotten)
})

test('before a newer version changes the store it is kept as it was, the last three times', async (t) => {
  const { place, file } = await houseWithBackup(t)
  const last = inStore(storeOf(place), (db) => db.prepare('select max(name) as name from kysely_migration').get()?.name)
  const backups = join(place.data, 'backups')
  mkdirSync(backups)
  for (const time of ['20260101T000000', '20260102T000000', '20260103T000000'])
    copyFileSync(file, join(backups, `before-0001-beginning-${time}.db`))
  // As an older version would have left it: the last step not yet taken.
  inStore(storeOf(place), (db) => {
    db.exec(`delete from kysely_migration where name > '0001-beginning'; drop table audit; drop table node; drop index login_kid;
      drop index event_left; drop index mention_message;
      alter table login drop column kid; alter table secret drop column since; alter table secret drop column signed_until`)
  })
  await inHouse(place, async ({ does }) => assert.equal((await does('accountList', {})).length, 2))
  const names = readdirSync(backups).sort()
  assert.equal(names.length, 3, names.join())
  assert.ok(!names.includes('before-0001-beginning-20260101T000000.db'))
  const made = names.find((name) => !name.includes('T000000')) ?? ''
  assert.match(made, /^before-0002-.*-\d{8}T\d{6}\.db$/)
  assert.equal(
    inStore(join(backups, made), (db) => db.prepare("select count(*) as n from pragma_table_info('login') where name = 'kid'").get()?.n),
    0,
  )
  assert.equal(
    inStore(storeOf(place), (db) => db.prepare('select max(name) as name from kysely_migration').get()?.name),
    last,
  )
})
