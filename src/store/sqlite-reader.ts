import type { SQLInputValue } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { createPages } from './pages.ts'
import { openFile } from './sqlite-file.ts'
import { createStatements } from './sqlite-statements.ts'

/** A thread that only reads: pages, lists and look-ups, each in a short transaction of its own. */
const db = openFile((workerData as { file: string }).file, { readOnly: true })
const run = createStatements(db)
let pages: ReturnType<typeof createPages> | undefined

type Ask = { id: number } & ({ page: string; asked: string } | { sql: string; parameters: readonly unknown[] } | { close: true })

function answer(ask: Ask): unknown {
  if ('page' in ask) {
    pages ??= createPages(db)
    const read = pages[ask.page as keyof typeof pages] as (...asked: unknown[]) => unknown
    return JSON.stringify(read(...(JSON.parse(ask.asked) as unknown[])) ?? null)
  }
  if ('sql' in ask) return run(ask.sql, ask.parameters as SQLInputValue[])
  db.close()
  return undefined
}

parentPort?.on('message', (ask: Ask) => {
  try {
    parentPort?.postMessage({ id: ask.id, result: answer(ask) })
  } catch (error) {
    const { message, errcode } = error as Error & { errcode?: number }
    parentPort?.postMessage({ id: ask.id, error: { message, fatal: false, errcode } })
  }
  if ('close' in ask) parentPort?.close()
})
