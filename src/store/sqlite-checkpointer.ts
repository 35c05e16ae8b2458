import { statSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { standBehind } from './rank.ts'
import { openFile } from './sqlite-file.ts'

/**
 * Moves the write-ahead log into the database file, on a thread and a connection of its own, so that no commit
 * waits for it. Once all of it has been moved the next commit begins the log anew, over what is there: to sync bytes that
 * a file has already takes the disk a fraction of what it takes to make the file longer: on ext4 0.3–1 ms for 1.2–2.4.
 * While there is so much traffic that it never catches up, the writer waits now and then for the rest of one pass, some ms.
 */
standBehind()
const { file } = workerData as { file: string }
const db = openFile(file)
/** ms */
const every = 2000
/** Pages in the log (16 MiB) above which the writer waits for the rest. */
const long = 4096
let before = -1

const pass = db.prepare('pragma wal_checkpoint(passive)')

function checkpoint(): void {
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) === 0) return
  try {
    const { log } = pass.get() as { log: number }
    if (log === before) db.exec('pragma wal_checkpoint(truncate)')
    else if (log > long) db.exec('pragma wal_checkpoint(restart)')
    before = log
  } catch {
    // Busy: the next turn tries again. What is in the log is durable already.
  }
}

const turn = setInterval(checkpoint, every)
parentPort?.on('message', () => {
  clearInterval(turn)
  db.close()
  parentPort?.close()
})
