import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { openSqlite } from '../../src/store/sqlite.ts'
import { isDurable, openFile } from '../../src/store/sqlite-file.ts'
import { newPlace } from '../ops/parley.ts'
import { niceness } from '../support/niceness.ts'
import { addPeople } from './people.ts'
import { found, post, says } from './says.ts'

test('a commit is synced, in WAL mode, on every connection that writes (CFG-05)', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-durable-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const db = openFile(join(folder, 'parley.db'))
  t.after(() => db.close())
  assert.ok(isDurable(db))
  for (const laxer of ['pragma synchronous = normal', 'pragma synchronous = off']) {
    db.exec(laxer)
    assert.equal(isDurable(db), false, laxer)
  }
  const other = new DatabaseSync(join(folder, 'other.db'))
  t.after(() => other.close())
  other.exec('pragma synchronous = full')
  assert.equal(isDurable(other), false, 'not in WAL mode')
})

test('a SQLite that does not sync, whatever it is told, is not started with (CFG-05)', async (t) => {
  const place = await newPlace(t)
  const script = `import { DatabaseSync } from 'node:sqlite'
    const { exec } = DatabaseSync.prototype
    DatabaseSync.prototype.exec = function (sql) { return exec.call(this, sql.replace('synchronous = full', 'synchronous = normal')) }`
  const { code, stdout, stderr } = await place.parley(['serve'], {
    env: { NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(script)}"` },
  })
  assert.deepEqual([code, stdout], [1, ''])
  assert.match(stderr, /does not fsync on commit; Parley would lose acknowledged messages/)
})

test('the threads that write stand behind the loop, which serves people', { skip: process.platform !== 'linux' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-rank-'))
  const store = await openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  await addPeople(store, 'ada')
  assert.ok(niceness().includes(Math.min(19, getPriority() + 5)), `${niceness()}`)
})

test('while eve holds the file from outside all that is said is refused for now, and all of it together', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-held-'))
  const file = join(folder, 'parley.db')
  const store = await openSqlite({ file, onFatal: assert.fail })
  t.after(async () => {
    await store.close()
    rmSync(folder, { recursive: true })
  })
  await addPeople(store, 'ada', 'bob')
  await says(store, 'parley', found('tea'))
  const eve = new DatabaseSync(file)
  eve.exec('begin immediate')
  const refused = await Promise.allSettled(['one', 'two', 'three'].map((text) => says(store, 'ada', post(text))))
  assert.deepEqual(
    refused.map((one) => one.status === 'rejected' && (one.reason as { code: string }).code),
    ['unavailable', 'unavailable', 'unavailable'],
  )
  eve.close()
  assert.ok('seq' in (await says(store, 'ada', post('one'))))
})
