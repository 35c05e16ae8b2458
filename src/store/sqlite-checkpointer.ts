import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { openFile } from './sqlite-file.ts'

/**
 * Moves the write-ahead log into the database file, on a thread and a connection of its own, so that no commit
 * waits for it. Passive while there is traffic; when the log has grown past `large` it asks readers to let go.
 */
const { file } = workerData as { file: string }
const db = openFile(file)
const large = 64 * 1024 * 1024
let before = -1

function logBytes(): number {
  return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0
}

function checkpoint(): void {
  const bytes = logBytes()
  if (bytes === 0) return
  const quiet = bytes === before
  before = bytes
  try {
    db.exec(quiet || bytes > large ? 'pragma wal_checkpoint(truncate)' : 'pragma wal_checkpoint(passive)')
  } catch {
    // Busy: the next turn tries again. What is in the log is durable already.
  }
}

const turn = setInterval(checkpoint, 5000)
parentPort?.on('message', () => {
  clearInterval(turn)
  db.close()
  parentPort?.close()
})
