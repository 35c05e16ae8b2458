import { readdir, readFile, stat, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'

/** What is not there, such as /proc outside Linux, has no figure. */
const orNothing = <T>(reading: Promise<T>): Promise<T | undefined> => reading.catch(() => undefined)

/** The files of the store, in bytes. */
export async function readFiles(database: string | undefined) {
  if (database === undefined) return { database: undefined, wal: undefined, free: undefined }
  const [file, wal, disk] = await Promise.all([
    orNothing(stat(database)),
    orNothing(stat(`${database}-wal`)),
    orNothing(statfs(dirname(database))),
  ])
  return { database: file?.size, wal: wal?.size ?? 0, free: disk && disk.bavail * disk.bsize }
}

/** Open files and how many there may be (`ulimit -n`). */
export async function readOpenFiles() {
  const [open, limits] = await Promise.all([orNothing(readdir('/proc/self/fd')), orNothing(readFile('/proc/self/limits', 'utf8'))])
  const limit = /^Max open files\s+(\d+)/m.exec(limits ?? '')?.[1]
  return { open: open?.length, limit: limit === undefined ? undefined : Number(limit) }
}
