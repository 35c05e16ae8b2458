import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { inspect, NotAStore, type StoreFacts } from './inspection.ts'
import { openFile } from './sqlite-file.ts'

/** What the thread says: how far it is, and at the end what the copy holds or why there is none. */
export type Told = { copied: number; of: number } | { made: StoreFacts } | { error: string }

const { from, to, replace } = workerData as { from: string; to: string; replace: boolean }
const draft = `${to}.${randomBytes(6).toString('hex')}`
const pagesAtATime = 1_000
const tell = (told: Told) => parentPort?.postMessage(told)

/** Everything that was committed when it began and nothing later, however much is written meanwhile. */
async function copyInto(draft: string): Promise<void> {
  const source = openFile(from, { readOnly: true })
  try {
    // SQLite begins a backup anew whenever somebody else writes; a reader's view that is held open all the way keeps it going.
    source.exec('begin')
    source.prepare('select count(*) from sqlite_schema').get()
    const progress = ({ totalPages, remainingPages }: { totalPages: number; remainingPages: number }) =>
      tell({ copied: totalPages - remainingPages, of: totalPages })
    await backup(source, draft, { rate: pagesAtATime, progress })
  } finally {
    source.close()
  }
  // One file that needs no other beside it, and that can be read from where nothing may be written.
  const copy = new DatabaseSync(draft)
  copy.exec('pragma journal_mode = delete')
  copy.close()
}

function put(draft: string): void {
  sync(draft)
  if (replace) renameSync(draft, to)
  else {
    try {
      linkSync(draft, to) // unlike a rename it never takes the place of a file that has come meanwhile
      rmSync(draft)
    } catch (error) {
      if (existsSync(to)) throw new NotAStore(`${to} is there already.`)
      if (!(error instanceof Error && 'code' in error) || error.code !== 'EPERM') throw error
      renameSync(draft, to) // a file system without hard links
    }
  }
  sync(dirname(to))
}

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? error.code : undefined
  const errcode = 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === 'ENOSPC' || errcode === 13) return `There is no room for a copy in ${dirname(to)}.`
  if (code === 'ENOENT') return `There is no folder ${dirname(to)}.`
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return `Nothing may be written to ${dirname(to)} (${code}).`
  // The draft is gone when this is read; what it holds came from there.
  if (error instanceof NotAStore) return error.message.replaceAll(draft, from)
  return `${from} cannot be copied: ${error.message}.`
}

try {
  closeSync(openSync(draft, 'wx', 0o600))
  await copyInto(draft)
  const made = inspect(draft)
  put(draft)
  tell({ made })
} catch (error) {
  tell({ error: wordsOf(error) })
} finally {
  for (const left of [draft, `${draft}-journal`, `${draft}-wal`, `${draft}-shm`]) rmSync(left, { force: true })
}
