import type { SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { Entry } from './append.ts'
import { standBehind } from './rank.ts'
import { isDurable, openFile } from './sqlite-file.ts'
import { createSqliteScribe, isFatal } from './sqlite-scribe.ts'
import { createStatements } from './sqlite-statements.ts'

/** The only thread that writes. It does one thing at a time, in the order in which it is asked. */
export type Ask =
  | { id: number; entries: string }
  | { id: number; sql: string; parameters: readonly unknown[] }
  | { id: number; close: true }
export type Told = { id: number; result?: unknown; error?: { message: string; fatal: boolean; errcode?: number } }

standBehind()
const db = openFile((workerData as { file: string }).file)
if (!isDurable(db)) throw new Error('This SQLite does not fsync on commit; Parley would lose acknowledged messages.')
const run = createStatements(db)
let scribe: ReturnType<typeof createSqliteScribe> | undefined

function answer(ask: Ask): unknown {
  if ('entries' in ask) {
    scribe ??= createSqliteScribe(db) // prepared at first use: on the very first start the tables are not there yet
    return JSON.stringify(scribe.write(JSON.parse(ask.entries) as Entry[]))
  }
  if ('sql' in ask) {
    scribe?.forget()
    return run(ask.sql, ask.parameters as SQLInputValue[])
  }
  db.close()
  return undefined
}

parentPort?.on('message', (ask: Ask) => {
  try {
    parentPort?.postMessage({ id: ask.id, result: answer(ask) } satisfies Told)
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    parentPort?.postMessage({
      id: ask.id,
      error: { message, fatal: isFatal(error), ...(errcode === undefined ? {} : { errcode }) },
    } satisfies Told)
  }
  if ('close' in ask) parentPort?.close()
})
