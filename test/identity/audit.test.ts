import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, test } from 'node:test'
import { type Audit, createAudit } from '../../src/identity/audit.ts'
import { createSeal } from '../../src/identity/master-key.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { type Household, hour, masterKey, openHousehold } from './household.ts'

let house: Household
beforeEach(async () => {
  house = await openHousehold()
})
afterEach(() => house.close())

const all = (audit: Audit = house.audit) => audit.page({ limit: 10_000 })
const note = (event: 'sys_drain', what: string) => house.audit.write({ event, what })
async function someRows(n: number): Promise<void> {
  for (let i = 1; i <= n; i++) await note('sys_drain', `thing ${i}`)
}

/** Somebody at the file while no server has it open, with more rights than our own code gives itself. */
async function meddle(how: (db: DatabaseSync) => void): Promise<Audit & { close(): Promise<void> }> {
  await house.store.close()
  const file = join(house.folder, 'parley.db')
  const db = new DatabaseSync(file)
  db.exec('drop trigger audit_no_update; drop trigger audit_no_delete')
  how(db)
  db.close()
  const store = await openSqlite({ file, onFatal: assert.fail })
  const audit = createAudit({ db: store.db, now: house.now, seal: createSeal(masterKey) })
  house.store.close = store.close
  return { ...audit, close: store.close }
}

test('each row says who, what, where and when, and is chained to the one before', async () => {
  await house.audit.as({ who: 'operator', address: 'local', request: 'r1' }, () => house.someone('ada'))
  const [made, begun] = await all()
  assert.ok(made && begun)
  const { hash: _, ...told } = made
  assert.deepEqual(told, {
    ...{ seq: 1, at: house.clock.now, event: 'user_created', who: 'operator', what: told.what },
    ...{ address: 'local', request: 'r1', extra: { name: 'ada', role: 'member' }, prev: '' },
  })
  assert.deepEqual([begun.seq, begun.event, begun.prev, begun.address], [2, 'session_created', made.hash, '127.0.0.1'])
  assert.match(begun.login ?? '', /^[\w-]{22}$/)
  assert.deepEqual(await house.audit.verify(), { ok: true, rows: 2, head: { seq: 2, hash: begun.hash } })
})

test('an empty log is in order, and so is one of thousands of rows', async () => {
  assert.deepEqual(await house.audit.verify(), { ok: true, rows: 0, head: { seq: 0, hash: '' } })
  const records = Array.from({ length: 1_500 }, (_, i) => ({ event: 'sys_drain', what: String(i) }) as const)
  await house.db.transaction().execute((tx) => house.audit.note(tx, ...records))
  assert.deepEqual(await house.audit.verify().then(({ ok, rows }) => [ok, rows]), [true, 1_500])
})

test('what is written while the log is being walked does not look like a fault', async () => {
  await someRows(20)
  const writing = someRows(60)
  for (let i = 0; i < 20; i++) assert.ok((await house.audit.verify()).ok)
  await writing
  assert.deepEqual(await house.audit.verify().then(({ ok, rows }) => [ok, rows]), [true, 80])
})

test('of fifty who write at once none follows the same row as another', async () => {
  await Promise.all(Array.from({ length: 50 }, (_, i) => note('sys_drain', String(i))))
  assert.deepEqual(await house.audit.verify().then(({ ok, rows }) => [ok, rows]), [true, 50])
})

test('our own code cannot change or remove a row (LOG-06)', async () => {
  await someRows(3)
  await assert.rejects(house.db.updateTable('audit').set({ who: 'eve' }).where('seq', '=', 2).execute(), /only added to/)
  await assert.rejects(house.db.deleteFrom('audit').where('seq', '=', 2).execute(), /only added to/)
  assert.ok((await house.audit.verify()).ok)
})

const columns = ['at', 'event', 'who', 'what', 'address', 'login', 'request', 'extra', 'prev', 'hash']
for (const column of columns) {
  test(`one byte of ${column} is not what it was: the walk stops at that row`, async () => {
    await someRows(2)
    const record = { event: 'sys_drain', who: 'ada', what: 'x', address: '::1', login: 'l', request: 'r', extra: { a: 1 } } as const
    await house.audit.write(record)
    await someRows(2)
    const audit = await meddle((db) => {
      const { value } = db.prepare(`select ${column} as value from audit where seq = 3`).get() as { value: string | number }
      const text = String(value)
      const other = text.slice(0, -1) + (text.endsWith('1') ? '2' : '1')
      db.prepare(`update audit set ${column} = ? where seq = 3`).run(column === 'at' ? Number(other) : other)
    })
    const verdict = await audit.verify()
    assert.equal(verdict.fault?.seq, 3)
    assert.deepEqual([verdict.ok, verdict.rows], [false, 2])
  })
}

const meddlings: [string, number, RegExp, (db: DatabaseSync) => void][] = [
  ['a row is removed', 3, /Row 3 is missing/, (db) => db.exec('delete from audit where seq = 3')],
  ['the first row is removed', 1, /Row 1 is missing/, (db) => db.exec('delete from audit where seq = 1')],
  ['the last rows are cut off', 5, /Row 5 is missing, and all up to 6/, (db) => db.exec('delete from audit where seq > 4')],
  ['all rows are cut off', 1, /Row 1 is missing, and all up to 6/, (db) => db.exec('delete from audit')],
  [
    'two rows change places',
    2,
    /Row 2 is not as it was/,
    (db) =>
      db.exec('update audit set seq = 99 where seq = 2; update audit set seq = 2 where seq = 4; update audit set seq = 4 where seq = 99'),
  ],
  [
    'a row is removed and the others move up',
    3,
    /Row 3 is not as it was/,
    (db) => db.exec('delete from audit where seq = 3; update audit set seq = seq - 1 where seq > 3'),
  ],
  [
    'a row is copied to the end',
    7,
    /Row 7 is not as it was/,
    (db) =>
      db.exec('insert into audit select 7, at, event, who, what, address, login, request, extra, prev, hash from audit where seq = 6'),
  ],
  ...[-5, 0].map((seq): [string, number, RegExp, (db: DatabaseSync) => void] => [
    `a row is put in front of the first, as number ${seq}`,
    seq,
    new RegExp(`Row ${seq} was added by somebody else`),
    (db) => db.exec(`insert into audit (seq, at, event, who, prev, hash) values (${seq}, 1, 'sys_drain', 'eve', '', '')`),
  ]),
  ['the sealed end is taken away', 6, /sealed end/, (db) => db.exec("delete from meta where name = 'audit'")],
  ['the sealed end is replaced', 6, /sealed end/, (db) => db.exec("update meta set value = 'AAAA' where name = 'audit'")],
]
for (const [what, seq, words, how] of meddlings) {
  test(`${what}: the walk says so, and goes on saying so when more is written`, async () => {
    await someRows(6)
    const audit = await meddle(how)
    const { ok, fault } = await audit.verify()
    assert.deepEqual([ok, fault?.seq], [false, seq])
    assert.match(fault?.words ?? '', words)
    for (let i = 0; i < 3; i++) await audit.write({ event: 'sys_drain' })
    assert.equal((await audit.verify()).ok, false)
  })
}

test('a row that is there twice, in a table that allows it, does not hide between two batches of the walk', async () => {
  await house.db
    .transaction()
    .execute((tx) => house.audit.note(tx, ...Array.from({ length: 510 }, () => ({ event: 'sys_drain' }) as const)))
  const audit = await meddle((db) =>
    db.exec(`create table other as select * from audit; insert into other select * from audit where seq = 500;
      drop table audit; alter table other rename to audit`),
  )
  const { ok, fault } = await audit.verify()
  assert.equal(ok, false)
  assert.match(fault?.words ?? '', /There is 1 row more/)
})

test('a chain written anew, every hash right, does not end as it was sealed (LOG-06)', async () => {
  await someRows(4)
  const other = await openHousehold()
  for (let i = 1; i <= 4; i++) await other.audit.write({ event: 'sys_drain', what: `other ${i}` })
  const rows = await other.db.selectFrom('audit').selectAll().execute()
  await other.close()
  const audit = await meddle((db) => {
    db.exec('delete from audit')
    const insert = db.prepare('insert into audit (seq, at, event, who, what, prev, hash) values (?, ?, ?, ?, ?, ?, ?)')
    for (const { seq, at, event, who, what, prev, hash } of rows) insert.run(seq, at, event, who, what, prev, hash)
  })
  const { ok, fault } = await audit.verify()
  assert.equal(ok, false)
  assert.match(fault?.words ?? '', /written anew/)
})

test('pages of the log come in order, by time and by number, without a hole between them', async () => {
  for (let i = 0; i < 10; i++) {
    await note('sys_drain', String(i))
    house.clock.now += hour
  }
  const begun = house.clock.now - 10 * hour
  const seqs = async (ask: object) => (await house.audit.page({ limit: 100, ...ask })).map(({ seq }) => seq)
  assert.deepEqual(await seqs({ limit: 3 }), [1, 2, 3])
  assert.deepEqual(await seqs({ limit: 3, after: 3 }), [4, 5, 6])
  assert.deepEqual(await seqs({ after: 10 }), [])
  assert.deepEqual(await seqs({ from: begun + 2 * hour, to: begun + 5 * hour }), [3, 4, 5])
  assert.deepEqual(await seqs({ from: begun + 2 * hour, to: begun + 5 * hour, after: 4 }), [5])
  assert.deepEqual(await seqs({ from: begun + 30 * hour }), [])
  assert.deepEqual(await seqs({ to: begun }), [])
  house.clock.now = begun + hour // the clock was set back
  await note('sys_drain', 'late')
  assert.deepEqual(await seqs({ from: begun + 9 * hour }), [10])
})

test('a clock that was an hour ahead and was put right hides no row of a span of time', async () => {
  const right = house.clock.now
  house.clock.now = right + hour
  for (const what of ['ahead', 'ahead still']) await note('sys_drain', what)
  house.clock.now = right
  for (const what of ['right', 'right still']) await note('sys_drain', what)
  const seqs = async (ask: object) => (await house.audit.page({ limit: 100, ...ask })).map(({ seq }) => seq)
  assert.deepEqual(await seqs({ from: right }), [1, 2, 3, 4])
  assert.deepEqual(await seqs({ to: right + 2 * hour }), [1, 2, 3, 4])
  assert.deepEqual(await seqs({ from: right, to: right + hour }), [3, 4])
  assert.deepEqual(await seqs({ from: right + hour, to: right + 2 * hour }), [1, 2])
  assert.deepEqual(await seqs({ from: right, after: 1, limit: 2 }), [2, 3])
})
