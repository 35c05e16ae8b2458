import { rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { House } from '../house.ts'
import { Refusal } from '../protocol/codes.ts'
import type { Tell } from './act.ts'
import { type Acts, perform } from './acts.ts'
import { type Answer, adminLimits, readRequest, socketPath } from './admin-line.ts'
import { LineTooLong, linesOf } from './lines.ts'
import type { Served } from './running.ts'

export interface AdminSocket {
  /** Cuts off who is still connected; acts that have begun are finished and answered first. */
  close(): Promise<void>
}

/**
 * Takes the orders of whoever may open the file, which is this user and root alone: a line `{act, input}` in, a line
 * `{ok, result}` or `{ok, code, message}` out, as many as one likes, one after the other.
 * The caller owns the store (ops/owner.ts): only then is a file that lies there already a leftover, and taken away.
 */
export async function openAdminSocket({
  file,
  acts,
  house,
  running,
}: {
  file: string
  acts: Acts
  house: House
  running: Served
}): Promise<AdminSocket> {
  const { log } = house
  const clients = new Set<Socket>()
  /** Those whose order is being carried out. */
  const busy = new Set<Socket>()
  const served = new Set<Promise<void>>()
  let isClosing = false

  async function answer(line: string, tell: Tell): Promise<Answer> {
    try {
      const { act, input } = readRequest(line)
      return { ok: true, result: await perform(acts, { act, input }, { house, running, tell }) }
    } catch (error) {
      if (error instanceof Refusal) return { ok: false, code: error.code, message: error.message }
      log.error({ event: 'admin_act_failed', err: error }, 'An administrative act failed')
      return { ok: false, code: 'internal', message: 'That failed inside the server; its log says why.' }
    }
  }

  async function serve(socket: Socket): Promise<void> {
    try {
      for await (const line of linesOf(socket, adminLimits.line)) {
        socket.setTimeout(0)
        busy.add(socket)
        const answered = await answer(line, (progress) => void socket.write(`${JSON.stringify({ progress })}\n`))
        busy.delete(socket)
        socket.write(`${JSON.stringify(answered)}\n`)
        if (isClosing) break
        socket.setTimeout(adminLimits.rest)
      }
      socket.end()
    } catch (error) {
      if (!(error instanceof LineTooLong)) return void socket.destroy()
      const answered: Answer = { ok: false, code: 'too_large', message: `A request may have at most ${adminLimits.line} characters.` }
      socket.end(`${JSON.stringify(answered)}\n`, () => socket.destroy())
    }
  }

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    socket.on('error', () => socket.destroy())
    socket.setTimeout(adminLimits.silence, () => socket.destroy())
    const whole = serve(socket).finally(() => served.delete(whole))
    served.add(whole)
  })
  server.maxConnections = adminLimits.clients
  await listen(server, file)
  server.on('error', (error) => log.error({ event: 'admin_socket_error', err: error }, 'The admin socket has a fault'))

  return {
    async close() {
      isClosing = true
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of clients) if (!busy.has(socket)) socket.destroySoon()
      await Promise.all(served)
      for (const socket of clients) socket.destroySoon()
      await closed
    },
  }
}

/** With a mask, so that the file is nobody else's from its first moment on; `listen` binds it in the same turn. */
async function listen(server: Server, file: string): Promise<void> {
  rmSync(file, { force: true })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    const before = process.umask(0o177)
    try {
      server.listen(socketPath(file), () => {
        server.off('error', reject)
        resolve()
      })
    } finally {
      process.umask(before)
    }
  })
}
