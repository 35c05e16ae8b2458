import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isDurable, openFile } from '../../src/store/sqlite-file.ts'
import { newPlace } from '../ops/parley.ts'

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
