import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { migrations } from './migrations.ts'

/** What a file holds that is a whole store of ours. */
export interface StoreFacts {
  /** As `welcome.store` has it. */
  store: string
  /** The same in every copy of a store, whatever became of them. */
  lineage: string
  /** The step of the schema that it is at. */
  migration: string
  accounts: number
  rooms: number
  messages: number
  bytes: number
}

/** The file is no store that this version can open, in words for whoever named it. */
export class NotAStore extends Error {
  override name = 'NotAStore'
}

const tables = ['account', 'event', 'head', 'kysely_migration', 'login', 'member', 'meta', 'room', 'secret']

/**
 * Reads a whole file through: is it ours, does this version know its form, is every page sound. Takes as long as the file is large.
 * @throws NotAStore
 */
export function inspect(file: string): StoreFacts {
  let db: DatabaseSync | undefined
  try {
    const bytes = statSync(file).size
    db = new DatabaseSync(file, { readOnly: true, timeout: 5000 })
    db.enableDefensive(true)
    db.exec('pragma trusted_schema = off; pragma cell_size_check = on')
    return { ...read(db, file), bytes }
  } catch (error) {
    if (error instanceof NotAStore) throw error
    const code = error instanceof Error && 'code' in error && error.code !== 'ERR_SQLITE_ERROR' ? String(error.code) : undefined
    const why = code ?? (error instanceof Error ? error.message : String(error))
    throw new NotAStore(`${file} cannot be read as a store of Parley: ${why}.`, { cause: error })
  } finally {
    db?.close()
  }
}

function read(db: DatabaseSync, file: string): Omit<StoreFacts, 'bytes'> {
  const there = new Set(
    (db.prepare("select name from sqlite_schema where type = 'table'").all() as { name: string }[]).map(({ name }) => name),
  )
  if (!tables.every((table) => there.has(table))) throw new NotAStore(`${file} is a database, but not a store of Parley.`)
  const steps = (db.prepare('select name from kysely_migration order by name').all() as { name: string }[]).map(({ name }) => name)
  const known = Object.keys(migrations('sqlite'))
  const foreign = steps.find((step) => !known.includes(step))
  if (foreign !== undefined) throw new NotAStore(`${file} was written by a newer Parley (${foreign}). Upgrade this one first.`)
  const flaws = db.prepare('pragma integrity_check(5)').all() as { integrity_check: string }[]
  if (flaws[0]?.integrity_check !== 'ok')
    throw new NotAStore(`${file} is damaged:\n${flaws.map(({ integrity_check }) => `- ${integrity_check}`).join('\n')}`)
  if (db.prepare('pragma foreign_key_check').get() !== undefined)
    throw new NotAStore(`${file} is damaged: rows in it point at rows that are not there.`)

  const meta = (name: string) => (db.prepare('select value from meta where name = ?').get(name) as { value: string } | undefined)?.value
  const count = (what: string) => (db.prepare(`select count(*) as n from ${what}`).get() as { n: number }).n
  const store = meta('store')
  if (store === undefined) throw new NotAStore(`${file} was never used by a Parley: it names no store.`)
  return {
    store,
    lineage: meta('lineage') ?? store,
    migration: steps.at(-1) ?? '',
    accounts: count('account'),
    rooms: count('room'),
    messages: count("event where kind = 'message'"),
  }
}
