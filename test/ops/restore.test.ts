import assert from 'node:assert/strict'
import { closeSync, copyFileSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { newPlace, type Place, password } from './parley.ts'

async function told(place: Place, ...args: string[]) {
  const { code, stdout, stderr } = await place.parley([...args, '--json'], args.includes('--password-stdin') ? { input: password } : {})
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

/** Ada and bob are signed in, then the backup is made. */
async function houseWithBackup(t: TestContext, ...options: string[]) {
  const place = await newPlace(t)
  await told(place, 'account', 'add', 'ada', '--role', 'admin', '--password-stdin')
  await told(place, 'account', 'add', 'bob', '--role', 'admin', '--password-stdin')
  await told(place, 'room', 'add', 'Tea', '--members', 'ada,bob')
  for (const account of ['ada', 'bob']) await told(place, 'token', 'issue', '--account', account)
  const file = join(place.root, 'safe.db')
  await told(place, 'backup', file, ...options)
  return { place, file }
}

const inStore = <T>(file: string, work: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(file)
  try {
    return work(db)
  } finally {
    db.close()
  }
}
const storeOf = ({ data }: Place) => join(data, 'parley.db')

test('who may sign in is as it was before the restore; rooms are as they were in the backup', async (t) => {
  const { place, file } = await houseWithBackup(t)
  const invite = inStore(file, (db) => {
    db.exec("insert into invite values ('used-up', 'invite', null, 'parley', 1, 9e12, 5)")
    return 'used-up'
  })
  await told(place, 'account', 'role', 'bob', 'member')
  await told(place, 'account', 'disable', 'bob')
  await told(place, 'account', 'password', 'ada', '--password-stdin')
  await told(place, 'room', 'add', 'Coffee')
  const rowsOf = (sql: string) => inStore(storeOf(place), (db) => db.prepare(sql).all())
  const accounts = rowsOf('select name, password, role, disabled_at from account order by name')
  const secrets = rowsOf('select * from secret order by id')
  const audit = rowsOf('select * from audit order by seq')

  const restored = await told(place, 'restore', file)
  assert.deepEqual([restored.logins, restored.ended, restored.holding, restored.rooms], ['carried', 2, 0, 1])
  assert.deepEqual(rowsOf('select name, password, role, disabled_at from account order by name'), accounts)
  assert.deepEqual(rowsOf('select * from secret order by id'), secrets)
  assert.deepEqual(rowsOf('select * from audit order by seq'), audit)
  assert.deepEqual(rowsOf(`select * from invite where code = '${invite}'`), [])
  assert.deepEqual(
    (await told(place, 'room', 'list')).map(({ name }: { name: string }) => name),
    ['Tea'],
  )
  assert.equal(
    inStore(restored.kept, (db) => db.prepare('select count(*) as n from room').get()?.n),
    2,
  )
  assert.equal((await place.parley(['audit', 'verify'])).code, 0)
})

test('a present store that is broken is kept, and then every login has ended', async (t) => {
  const { place, file } = await houseWithBackup(t)
  writeFileSync(storeOf(place), 'the cat sat here')
  const left = await place.parley(['restore', file])
  assert.equal(left.code, 0, left.stderr)
  assert.match(left.stdout, /0 logins still good/)
  assert.match(
    left.stderr,
    /before-restore-\d{8}T\d{6}\.\nThere was no present store of the same line to compare with, so every login has ended/,
  )
  assert.deepEqual(await told(place, 'login', 'list'), [])
  const kept = readdirSync(place.data).find((name) => name.includes('before-restore'))
  assert.equal(readFileSync(join(place.data, kept ?? ''), 'utf8'), 'the cat sat here')
})

test('on another machine the key beside the backup opens it; without one it says so, and everyone signs in again', async (t) => {
  const { place, file } = await houseWithBackup(t, '--with-key')
  const elsewhere = await newPlace(t)
  const alone = join(elsewhere.root, 'alone.db')
  copyFileSync(file, alone)
  const sealed = await elsewhere.parley(['restore', alone])
  assert.equal(sealed.code, 1)
  assert.match(sealed.stderr, /does not open the secrets in this backup.*Nothing was changed.*--new-secrets/s)
  assert.deepEqual(
    readdirSync(elsewhere.data).filter((name) => name.startsWith('parley.db')),
    [],
  )

  const taken = await told(elsewhere, 'restore', file)
  assert.deepEqual([taken.newSecrets, taken.ended, taken.holding, taken.logins], [false, 2, 0, 'all'])
  assert.equal(readFileSync(join(elsewhere.data, 'master.key'), 'utf8'), readFileSync(join(place.data, 'master.key'), 'utf8'))
  assert.equal(statSync(join(elsewhere.data, 'master.key')).mode & 0o777, 0o600)
  assert.equal((await told(elsewhere, 'account', 'list')).length, 2)

  const third = await newPlace(t)
  const fresh = await told(third, 'restore', alone, '--new-secrets')
  assert.deepEqual([fresh.newSecrets, fresh.ended, fresh.holding], [true, 2, 0])
  assert.equal((await told(third, 'account', 'list')).length, 2)
  await told(third, 'token', 'issue', '--account', 'ada')
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
    const left = await place.parley(['restore', from])
    assert.deepEqual([left.code, left.stdout], [1, ''])
    assert.match(left.stderr, words)
    assert.deepEqual(readFileSync(storeOf(place)), before)
    assert.deepEqual(
      readdirSync(place.data).filter((name) => name.includes('restor')),
      [],
    )
  }
  await says(/There is no store .*nowhere\.db/, join(place.root, 'nowhere.db'))
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
  const { place } = await houseWithBackup(t)
  const last = inStore(storeOf(place), (db) => db.prepare('select max(name) as name from kysely_migration').get()?.name)
  const backups = join(place.data, 'backups')
  for (const time of ['20260101T000000', '20260102T000000', '20260103T000000']) {
    await told(place, 'backup', join(place.root, 'x.db'), '--force')
    if (!readdirSync(place.data).includes('backups')) (await import('node:fs')).mkdirSync(backups)
    copyFileSync(join(place.root, 'x.db'), join(backups, `before-0001-beginning-${time}.db`))
  }
  // As an older version would have left it: the last step not yet taken.
  inStore(storeOf(place), (db) => {
    db.exec(`delete from kysely_migration where name > '0001-beginning'; drop table audit; drop index login_kid;
      alter table login drop column kid; alter table secret drop column since; alter table secret drop column signed_until`)
  })
  assert.equal((await told(place, 'account', 'list')).length, 2)
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
