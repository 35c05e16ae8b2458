import type { DatabaseSync } from 'node:sqlite'
import type { Entry } from './append.ts'
import { causeOf } from './cause.ts'
import { createEventIds } from './ledger.ts'
import { createScribe, type Written } from './scribe.ts'
import { createSqliteBook } from './sqlite-book.ts'

/** Entries into SQLite: many in one transaction, one fsync for all. Runs where the only writer runs. */
export function createSqliteScribe(db: DatabaseSync) {
  const book = createSqliteBook(db)
  const scribe = createScribe(book, createEventIds())
  const begin = db.prepare('begin immediate')
  const commit = db.prepare('commit')

  function transact(entries: Entry[]): Written {
    begin.run()
    try {
      const outcomes = entries.map(scribe.write)
      scribe.settle()
      commit.run()
      book.keep()
      return { outcomes, landed: scribe.close() }
    } catch (error) {
      scribe.drop()
      book.drop()
      if (db.isTransaction) db.exec('rollback')
      throw error
    }
  }

  /** One bad entry must not fail its batch: after a fault each goes alone, and only the bad one is refused. */
  function write(entries: Entry[]): Written {
    try {
      return transact(entries)
    } catch (error) {
      if (isFatal(error) || isBusy(error)) throw error
      if (entries.length === 1)
        return { outcomes: [{ refused: isFull(error) ? 'unavailable' : 'internal' }], landed: [], fault: causeOf(error) }
      const each = entries.map((entry) => write([entry]))
      const fault = each.find((one) => one.fault)?.fault
      return { outcomes: each.flatMap(({ outcomes }) => outcomes), landed: each.flatMap(({ landed }) => landed), ...(fault && { fault }) }
    }
  }

  return { write, forget: book.forget }
}

const codeOf = (error: unknown): number => Number((error as { errcode?: number }).errcode) || 0
const [busy, ioerr, corrupt, full] = [5, 10, 11, 13]
/** SQLITE_IOERR_SHMSIZE: no room to enlarge the index of the log, before anything was written. A full disk, not a broken one. */
const noRoomForIndex = 4874

/** After a failed fsync nobody knows what is on the disk (fsyncgate): the process must end, not try again. */
export const isFatal = (error: unknown): boolean => [ioerr, corrupt].includes(codeOf(error) & 0xff) && codeOf(error) !== noRoomForIndex
/** Somebody else writes into the file, and did not stop while it was waited for: it would be waited for as long for each entry. */
const isBusy = (error: unknown): boolean => (codeOf(error) & 0xff) === busy
export const isFull = (error: unknown): boolean => (codeOf(error) & 0xff) === full || codeOf(error) === noRoomForIndex
