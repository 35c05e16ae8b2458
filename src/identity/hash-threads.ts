import type { Argon2Parameters } from 'node:crypto'
import { Worker } from 'node:worker_threads'
import type { Derived } from './hash-thread.ts'

/**
 * Those that have nothing to do, by rank: steps of `nice` below those who chat. On a full core with one other busy thread, one of a crowd gets a
 * tenth of it, and whoever comes alone three tenths. A thread keeps its rank, since only root may raise one again. Of the whole process, like
 * Node's own pool, which is left to the disk and to signatures.
 */
const ranks = { alone: { lower: 4, idle: [] as Worker[] }, crowd: { lower: 10, idle: [] as Worker[] } }
type Rank = (typeof ranks)[keyof typeof ranks]

/**
 * An argon2id tag (RFC 9106), derived beside the event loop. Takes a thread for as long as it lasts: how many at a time is for the caller to say.
 * @param alone nothing else is being hashed
 */
export async function derive(asked: Argon2Parameters, alone: boolean): Promise<Buffer> {
  const rank = alone ? ranks.alone : ranks.crowd
  const thread = rank.idle.pop() ?? startThread(rank)
  thread.ref()
  const derived = await answerOf(thread, asked)
  thread.unref() // it does not keep a process that is done
  rank.idle.push(thread)
  if ('fault' in derived) throw new Error(`A password could not be hashed: ${derived.fault}`)
  return Buffer.from(derived.tag)
}

function startThread({ lower, idle }: Rank): Worker {
  const thread = new Worker(new URL('./hash-thread.ts', import.meta.url), { workerData: { lower } })
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
