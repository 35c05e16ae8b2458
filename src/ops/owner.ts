import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { Config } from '../config.ts'

/** Another process works on this store. `pid` is undefined when it has not said yet who it is. */
export class StoreTaken extends Error {
  override name = 'StoreTaken'
  readonly pid: number | undefined

  constructor(pid: number | undefined, base: string) {
    const who = pid === undefined ? 'another process' : `the process with pid ${pid}`
    super(`The store in ${dirname(base)} belongs to ${who}. Only one at a time may work on it.`)
    this.pid = pid
  }
}

export interface Ownership {
  release(): void
}

const retryMs = 50

/**
 * Makes this process the only one that works on the store, until it lets go or dies; the kernel then frees the lock, whatever the death.
 * A server takes it before it opens the house, a command when it finds no server.
 * @param options.patience ms to wait for the one who has it: a command is soon done.
 * @throws StoreTaken
 */
export async function ownStore({ data, store }: Pick<Config, 'data' | 'store'>, { patience = 2_000 } = {}): Promise<Ownership> {
  mkdirSync(data.dir, { recursive: true, mode: 0o700 })
  const file = store.kind === 'sqlite' ? store.file : undefined
  if (file) mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // Two data folders can name one store file, so the file is held as well: for data/parley.db that is the same lock.
  const bases = [...new Set([join(data.dir, 'parley'), ...(file ? [file.replace(/\.db$/, '')] : [])])]
  const until = performance.now() + patience
  for (;;) {
    try {
      return ownAll(bases)
    } catch (error) {
      if (!(error instanceof StoreTaken) || performance.now() >= until) throw error
      await pause(retryMs)
    }
  }
}

function ownAll(bases: string[]): Ownership {
  const held: Ownership[] = []
  const release = () => {
    for (const one of held.splice(0).reverse()) one.release()
  }
  try {
    for (const base of bases) held.push(own(base))
    return { release }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * An exclusive SQLite transaction on an empty file, held open. Nothing else in this process may ever open that file:
 * POSIX locks are gone with the first close of any descriptor of it (fcntl(2)). The pid is only for people; a stale one harms nobody.
 */
function own(base: string): Ownership {
  const lock = new DatabaseSync(`${base}.lock`, { timeout: 0 })
  try {
    lock.exec('pragma locking_mode = exclusive; pragma journal_mode = off; begin exclusive')
  } catch (error) {
    lock.close()
    if (isBusy(error)) throw new StoreTaken(readPid(base), base)
    throw error
  }
  chmodSync(`${base}.lock`, 0o600)
  writeFileSync(`${base}.pid.new`, `${process.pid}\n`, { mode: 0o644 })
  renameSync(`${base}.pid.new`, `${base}.pid`)
  return {
    release() {
      if (!lock.isOpen) return
      rmSync(`${base}.pid`, { force: true })
      lock.close()
    },
  }
}

/** SQLITE_BUSY, by its number in sqlite3.h. */
const isBusy = (error: unknown): boolean => error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5

function readPid(base: string): number | undefined {
  try {
    const pid = Number(readFileSync(`${base}.pid`, 'utf8'))
    return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}
