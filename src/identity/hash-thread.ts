import { type Argon2Parameters, argon2Sync } from 'node:crypto'
import { getPriority, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'

export type Derived = { tag: Uint8Array } | { fault: string }

/** Steps of `nice`: a sign-in on a busy processor takes longer, and still ends. */
const { lower } = workerData as { lower: number }

// Whoever signs in waits for whoever chats. On Linux a thread has a priority of its own, and is meant when it names none.
if (process.platform === 'linux') {
  try {
    setPriority(Math.min(19, getPriority() + lower))
  } catch {
    // Where that is not allowed it hashes like everybody else.
  }
}

parentPort?.on('message', (asked: Argon2Parameters) => parentPort?.postMessage(derive(asked)))

function derive(asked: Argon2Parameters): Derived {
  try {
    return { tag: argon2Sync('argon2id', asked) }
  } catch (error) {
    return { fault: (error as Error).message }
  }
}
