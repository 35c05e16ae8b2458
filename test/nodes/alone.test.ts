import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHouse } from '../support/house.ts'
import { sharedPostgres } from '../support/postgres.ts'

test('of two servers that are started at once over one database without a Redis one serves, and the other says what to set', async (t) => {
  const postgres = await sharedPostgres()
  const settings = {
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
  }
  const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'parley-alone-')))
  const started = await Promise.allSettled(folders.map((folder) => startHouse({ folder, store: 'sqlite', settings })))
  t.after(async () => {
    for (const one of started) if (one.status === 'fulfilled') await one.value.close()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })
  const [left, ...more] = started.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
  assert.match(left?.message ?? 'both serve', /^Another node \(\w+\) works on this store, and bus.url is local: .* Set bus.url to a Redis/)
  assert.equal(more.length, 0, 'nobody serves')
})
