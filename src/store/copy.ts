import { statSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { Told } from './copy-thread.ts'
import { NotAStore, type StoreFacts } from './inspection.ts'

/** Called now and then with how many pages of how many are copied. */
export type OnCopied = (copied: number, of: number) => void

interface Asked {
  from: string
  to: string
  /** Whether a file that is there may be replaced. */
  replace?: boolean
  onCopied?: OnCopied
}

/**
 * A copy of a store as it was at one moment, while others go on writing to it: SQLite's online backup, on a thread of its own.
 * The file is 0600, synced, has been read through from end to end, and bears its name only when all that is done.
 * @throws NotAStore in words, with nothing left behind
 */
export function copyStore({ from, to, replace = false, onCopied }: Asked): Promise<StoreFacts> {
  const found = statSync(from, { throwIfNoEntry: false })
  if (!found?.isFile()) return Promise.reject(new NotAStore(found ? `${from} is no file.` : `There is no store ${from}.`))
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./copy-thread.ts', import.meta.url), { workerData: { from, to, replace } })
    let settle = () => reject(new Error('The thread that copies the store has ended.'))
    worker.on('message', (told: Told) => {
      if ('copied' in told) onCopied?.(told.copied, told.of)
      else if ('made' in told) settle = () => resolve(told.made)
      else settle = () => reject(new NotAStore(told.error))
    })
    worker.on('error', (error) => {
      settle = () => reject(error)
    })
    // Only when the thread is gone has it also cleared away what it began.
    worker.on('exit', () => settle())
  })
}
