import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export interface Ran {
  rows: Record<string, unknown>[]
  changes: number
}

/** Runs SQL text with values, keeping the prepared statements of the last few hundred texts. */
export function createStatements(db: DatabaseSync, most = 300) {
  const prepared = new Map<string, StatementSync>()

  function prepare(sql: string): StatementSync {
    const known = prepared.get(sql)
    if (known) return known
    const statement = db.prepare(sql)
    if (prepared.size >= most) prepared.delete(prepared.keys().next().value as string)
    prepared.set(sql, statement)
    return statement
  }

  return (sql: string, parameters: readonly SQLInputValue[]): Ran => {
    const statement = prepare(sql)
    if (statement.columns().length > 0) return { rows: statement.all(...parameters), changes: 0 }
    return { rows: [], changes: Number(statement.run(...parameters).changes) }
  }
}
