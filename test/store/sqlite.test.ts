import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqlite } from '../../src/store/sqlite.ts'
import { storeContract } from './contract.ts'

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  return {
    open: () => openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail }),
    remove: () => rm(folder, { recursive: true }),
  }
})
