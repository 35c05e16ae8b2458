import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Safekeeping } from './before-migration.ts'
import type { Query, StoreMeter } from './meter.ts'
import { openPostgres } from './postgres.ts'
import type { PostgresLimits, PostgresPlace } from './postgres-place.ts'
import { openSqlite } from './sqlite.ts'
import type { Store } from './store.ts'

/** In which of the two databases. */
export type StorePlace = { kind: 'sqlite'; file: string } | ({ kind: 'postgres'; place: PostgresPlace } & PostgresLimits)

interface Opening {
  place: StorePlace
  /** Where a file is kept before a newer version changes its form. */
  safekeeping?: Safekeeping
  /** The disk under a file failed: the process must end without acknowledging anything more. */
  onFatal: (error: Error) => void
  meter?: StoreMeter
  /** Is told of statements that took long or failed, in the turn of whoever asked; in SQLite only of batches in which something failed. */
  tell?: (query: Query) => void
}

/** The one choice of database. */
export function openStore({ place, safekeeping, onFatal, meter, tell }: Opening): Promise<Store> {
  const watched = { ...(meter && { meter }), ...(tell && { tell }) }
  if (place.kind === 'postgres') return openPostgres({ place: place.place, limits: place, ...watched })
  mkdirSync(dirname(place.file), { recursive: true, mode: 0o700 })
  return openSqlite({ file: place.file, onFatal, ...(safekeeping && { safekeeping }), ...watched })
}
