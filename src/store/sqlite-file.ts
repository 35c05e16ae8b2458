import { DatabaseSync } from 'node:sqlite'

/**
 * Opens the file with the settings on which every promise rests.
 * `synchronous=FULL`: a commit has been fsynced when it returns. No automatic checkpoint: it would run inside a
 * commit and hold everyone up (4–45 ms seen); the checkpointer has a thread of its own.
 */
export function openFile(file: string, options: { readOnly?: boolean } = {}): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: options.readOnly ?? false, timeout: 5000, enableForeignKeyConstraints: true })
  if (!options.readOnly) db.exec('pragma journal_mode = wal')
  db.exec(`
    pragma synchronous = full;
    pragma wal_autocheckpoint = 0;
    pragma journal_size_limit = 67108864;
    pragma cache_size = -16384;
    pragma temp_store = memory;
    pragma trusted_schema = off;
  `)
  db.enableDefensive(true)
  return db
}

/** What the store really does when it says "committed" (SQLite: `synchronous` ≥ 2, journal in WAL mode). */
export function isDurable(db: DatabaseSync): boolean {
  const { synchronous } = db.prepare('pragma synchronous').get() as { synchronous: number }
  const { journal_mode } = db.prepare('pragma journal_mode').get() as { journal_mode: string }
  return synchronous >= 2 && journal_mode === 'wal'
}
