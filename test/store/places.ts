import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { sharedPostgres } from '../support/postgres.ts'

/** A database that holds nothing yet. */
export interface EmptyPlace {
  /** Opens the store in it, also once more. */
  open(): Promise<Store>
  /** After everything that was opened is closed. */
  remove(): Promise<void>
}

/** Where every promise of a store must hold. */
export const places: Record<string, () => Promise<EmptyPlace>> = {
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
    return {
      open: () => openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail }),
      remove: () => rm(folder, { recursive: true }),
    }
  },
  async PostgreSQL() {
    const place = await (await sharedPostgres()).database()
    return { open: () => openPostgres({ place, limits: { poolSize: 4, statementTimeout: 30_000 } }), remove: async () => undefined }
  },
}
