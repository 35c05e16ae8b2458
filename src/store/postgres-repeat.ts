import type { Kysely } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import { conflictsBorne } from './postgres-connection.ts'
import { isConflict } from './postgres-faults.ts'

/**
 * The same database, whose transactions begin again when another one got in their way and they were undone. The work of a transaction
 * asks nothing but the database, as SQLite demands of it too: so it can be done twice.
 */
export function repeating<Tables>(db: Kysely<Tables>): Kysely<Tables> {
  const begin = db.transaction.bind(db)
  db.transaction = () => {
    const builder = begin()
    const execute = builder.execute.bind(builder)
    builder.execute = async (work) => {
      for (let tries = 1; ; tries++) {
        try {
          return await execute(work)
        } catch (error) {
          if (!isUndone(error) || tries > conflictsBorne) throw error
        }
      }
    }
    return builder
  }
  return db
}

const isUndone = (error: unknown): boolean => isConflict(error instanceof Refusal ? error.cause : error)
