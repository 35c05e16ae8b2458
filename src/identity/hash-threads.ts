import type { Argon2Parameters } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Derived } from './hash-thread.ts'

/** Those that have nothing to do. Of the whole process, like Node's own pool, which is left to the disk and to signatures. */
const idle: Worker[] = []

/** An argon2id tag (RFC 9106), derived beside the event loop. Takes a thread for as long as it lasts: how many at a time is for the caller to say. */
export async function derive(asked: Argon2Parameters): Promise<Buffer> {
  const thread = idle.pop() ?? startThread()
  thread.ref()
  const derived = await answerOf(thread, asked)
  thread.unref() // it does not keep a process that is done
  idle.push(thread)
  if ('fault' in derived) throw new Error(`A password could not be hashed: ${derived.fault}`)
  return Buffer.from(derived.tag)
}

function startThread(): Worker {
  const thread = new Worker(new URL('./hash-thread.ts', import.meta.url))
  // One that dies while it has nothing to do: unheard, its error would end the process.
  const forget = () => void (idle.includes(thread) && idle.splice(idle.indexOf(thread), 1))
  return thread.on('error', forget).on('exit', forget)
}

/** One that dies takes with it what it was asked, and is not asked again. */
function answerOf(thread: Worker, asked: Argon2Parameters): Promise<Derived> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      thread.off('message', answered)
      thread.off('error', died)
      thread.off('exit', died)
    }
    const answered = (derived: Derived) => {
      settle()
      resolve(derived)
    }
    const died = (cause: unknown) => {
      settle()
      reject(new Error('A thread that hashes has ended.', { cause }))
    }
    thread.on('message', answered)
    thread.on('error', died)
    thread.on('exit', died)
    thread.postMessage(asked)
  })
}
