import { randomBytes } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { open, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Instruments } from './patient.ts'

/** All but what opens secrets and asks a database: that is lent by whoever has a house. */
export const realInstruments: Omit<Instruments, 'opens' | 'postgres'> = {
  now: Date.now,
  monotonic: () => performance.now(),
  node: process.versions.node,
  async space(path) {
    const { bavail, blocks, bsize, type } = await statfs(path)
    return { free: bavail * bsize, total: blocks * bsize, type }
  },
  trial,
  openFiles,
}

const trialBytes = 65_536

/** First as plain bytes, whose errors say most; then as SQLite writes, with its log and its shared memory. */
async function trial(dir: string): Promise<void> {
  const file = join(dir, `.doctor-${randomBytes(6).toString('hex')}`)
  try {
    await using plain = await open(file, 'wx', 0o600)
    await plain.writeFile(randomBytes(trialBytes))
    await plain.sync()
    await plain.truncate(0)
    const db = new DatabaseSync(file)
    try {
      db.exec('pragma journal_mode = wal; pragma synchronous = full; create table trial (x blob) strict')
      db.prepare('insert into trial values (?)').run(randomBytes(trialBytes))
    } finally {
      db.close()
    }
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(file + suffix, { force: true })
  }
}

/** Node raises its own soft limit to the hard one when it starts. */
function openFiles(pid: number): number | undefined {
  try {
    const [, hard] = /^Max open files +\S+ +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'utf8')) ?? []
    return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard ?? Number.NaN) || undefined
  } catch {
    return undefined
  }
}
