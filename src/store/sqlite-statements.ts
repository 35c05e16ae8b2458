import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'

export interface Ran {
  rows: Record<string, unknown>[]
  changes: number
}

interface Prepared {
  statement: StatementSync
  hasRows: boolean
}

/** Runs SQL text with values, keeping the prepared statements of the last few hundred texts. */
export function createStatements(db: DatabaseSync, most = 300) {
  const prepared = new Map<string, Prepared>()

  function prepare(sql: string): Prepared {
    const known = prepared.get(sql)
    if (known) return known
    const statement = db.prepare(sql)
    // Asked once: describing the columns takes as long as running most of them.
    const one = { statement, hasRows: statement.columns().length > 0 }
    if (prepared.size >= most) prepared.delete(prepared.keys().next().value as string)
    prepared.set(sql, one)
    return one
  }

  return (sql: string, parameters: readonly SQLInputValue[]): Ran => {
    const { statement, hasRows } = prepare(sql)
    if (hasRows) return { rows: statement.all(...parameters), changes: 0 }
    return { rows: [], changes: Number(statement.run(...parameters).changes) }
  }
}
