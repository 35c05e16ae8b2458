import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Refusal } from '../protocol/codes.ts'
import type { Tell } from './act.ts'
import { adminLimits, readAnswer, socketPath } from './admin-line.ts'
import { linesOf } from './lines.ts'

/** The server was reached and then went away without an answer: whether the act was done is not known. */
export class NoAnswer extends Error {
  override name = 'NoAnswer'
}

export interface AdminClient {
  /** The result, or the refusal that the server gave. @throws Refusal · NoAnswer */
  ask(act: string, input: unknown, tell?: Tell): Promise<unknown>
  /** Resolves when the server has closed the connection, as it does at its end. */
  gone(): Promise<void>
  close(): void
}

/** Undefined when no server listens on this file. @throws Error when it may not be opened */
export async function connectAdmin(file: string): Promise<AdminClient | undefined> {
  const socket = connect({ path: socketPath(file) })
  try {
    await once(socket, 'connect')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ECONNREFUSED') return undefined
    if (code === 'EACCES' || code === 'EPERM')
      throw new Error(`A server runs here, but you may not give it orders: ${file} belongs to another user.`)
    throw error
  }
  return clientOf(socket)
}

function clientOf(socket: Socket): AdminClient {
  socket.on('error', () => undefined) // the end of the lines tells it
  const answers = linesOf(socket, adminLimits.answer)
  return {
    async ask(act, input, tell) {
      const line = JSON.stringify({ act, input })
      if (line.length > adminLimits.line) throw new Refusal('too_large')
      socket.write(`${line}\n`)
      for (;;) {
        const { value } = await answers.next().catch(() => ({ value: undefined }))
        if (value === undefined) throw new NoAnswer('The server went away before it answered; look whether it was done.')
        const answer = readAnswer(value)
        if ('result' in answer) return answer.result
        tell?.(answer.progress)
      }
    },
    async gone() {
      while (!(await answers.next()).done);
    },
    close: () => socket.destroy(),
  }
}
