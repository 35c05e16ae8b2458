import type { SQLInputValue, StatementSync } from 'node:sqlite'
import type { CompiledQuery } from 'kysely'
import { openFile } from './sqlite-file.ts'

/** The one row that a statement finds. In a file it is there in the turn that asks, unless the file cannot be read just now. */
export type Glance = <Row>(query: CompiledQuery<Row>) => Row | undefined | Promise<Row | undefined>

/** What `db` would say. */
type Ask = <Row>(query: CompiledQuery<Row>) => Promise<Row | undefined>

/**
 * Looks into the file from the loop's own thread, for the row behind a key that every connection asks for: 20 µs, where asking
 * the reader takes 100 of this thread and 90 of that (`npm run bench -- connects --beside` one without it: CPU a connection −8 to −12 %).
 * Nothing else belongs here: whatever scans, sorts or counts would hold everybody up, as would a page that has to come from a disk for
 * long. It never waits for a lock: what cannot be read at once is asked of the reader, who also says what is wrong.
 */
export function createGlance(file: string, ask: Ask) {
  const db = openFile(file, { readOnly: true })
  db.exec('pragma busy_timeout = 0; pragma cache_size = -2048')
  const statements = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const statement = statements.get(sql) ?? db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }

  const glance: Glance = <Row>(query: CompiledQuery<Row>) => {
    try {
      return prepare(query.sql).get(...(query.parameters as SQLInputValue[])) as Row | undefined
    } catch {
      return ask(query)
    }
  }
  return { glance, close: () => db.close() }
}
