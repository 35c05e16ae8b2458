import assert from 'node:assert/strict'
import { join } from 'node:path'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { sharedPostgres } from './postgres.ts'

/** An empty store: SQLite in the folder, or PostgreSQL where PARLEY_STORE says so. */
export async function openTestStore(folder: string): Promise<Store> {
  if (process.env.PARLEY_STORE !== 'postgres') return openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail })
  const place = await (await sharedPostgres()).database()
  return openPostgres({ place, limits: { poolSize: 4, statementTimeout: 10_000 } })
}
