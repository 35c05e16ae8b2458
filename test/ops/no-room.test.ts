import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newPlace, startServer } from './parley.ts'

/** Loaded before Parley, in each of its threads: lets the disk be full from some moment on, as SQLite or the system says it. */
const preload = (script: string) => ({ NODE_OPTIONS: `--import="data:text/javascript,${encodeURIComponent(script)}"` })
const sqlite = (exec: string) => `import { DatabaseSync } from 'node:sqlite'
  const { exec } = DatabaseSync.prototype
  DatabaseSync.prototype.exec = function (sql) { ${exec} }`
const throwing = (errcode: number) => `throw Object.assign(new Error('disk I/O error'), { code: 'ERR_SQLITE_ERROR', errcode: ${errcode} })`

const moments: [string, string][] = [
  ['the file that says who owns the store', sqlite(`if (sql.includes('begin exclusive')) ${throwing(13)}; return exec.call(this, sql)`)],
  [
    'the file of the process id',
    `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module'
      const { writeFileSync } = fs
      fs.writeFileSync = (file, ...rest) => {
        if (String(file).endsWith('.pid.new')) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        return writeFileSync(file, ...rest)
      }
      syncBuiltinESMExports()`,
  ],
  ['the store, when it is opened', sqlite(`if (sql.includes('journal_mode = wal')) ${throwing(13)}; return exec.call(this, sql)`)],
  ['the index of its log', sqlite(`exec.call(this, sql); if (sql.includes('trusted_schema')) this.prepare = () => { ${throwing(4874)} }`)],
  // The database itself says that it is full when its tables are to be made.
  ['its tables', sqlite(`exec.call(this, sql); if (sql.includes('trusted_schema')) exec.call(this, 'pragma max_page_count = 3')`)],
]

for (const [what, script] of moments) {
  test(`there is no room for ${what}: the server says so, says what to do, and ends`, async (t) => {
    const place = await newPlace(t)
    const left = await place.parley(['serve'], { env: preload(script) })
    assert.equal(left.code, 1, left.stderr)
    assert.equal(left.stdout, '')
    assert.match(left.stderr, /^The disk is full: .* Make room \(`df -h` .*nothing that was acknowledged is lost\.$/m)
    assert.doesNotMatch(left.stderr, /sys_crash|^ +at /m)
    if (what !== 'its tables') return
    const { child, ended } = await startServer(place)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null], 'with room it starts, whatever was begun')
  })
}
