import { EventEmitter, once } from 'node:events'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls'
import pino from 'pino'
import { type CertificatesAsked, openCertificates } from '../../src/tls/certificates.ts'
import type { Pair } from '../../src/tls/pair-files.ts'

export interface Line {
  event: string
  msg: string
  reasons?: string[]
}

export async function newFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'parley-certs-'))
  t.after(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Puts a pair there as a careful tool does: by renaming, one file after the other. */
export async function put(dir: string, { cert, key }: Pair): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const [name, text] of [['privkey.pem', key] as const, ['fullchain.pem', cert] as const]) {
    await writeFile(join(dir, `.${name}`), text, { mode: 0o600 })
    await rename(join(dir, `.${name}`), join(dir, name))
  }
}

/** A log that is kept, and whose lines can be awaited. */
export function createKeptLog() {
  const lines: Line[] = []
  const news = new EventEmitter()
  const log = pino(
    { base: null },
    {
      write(text: string) {
        const line = JSON.parse(text) as Line
        lines.push(line)
        news.emit(line.event, line)
      },
    },
  )
  return {
    log,
    lines,
    of: (event: string) => lines.filter((line) => line.event === event),
    /** The next line of this event. */
    async next(event: string): Promise<Line> {
      const [line] = await once(news, event)
      return line as Line
    },
  }
}

export type ServedFolder = Awaited<ReturnType<typeof serveFolder>>

/** A TLS server that echoes, on the certificates of a folder, as the service wires it. */
export async function serveFolder(t: TestContext, dir: string, asked: Partial<CertificatesAsked> = {}) {
  const kept = createKeptLog()
  const certificates = await openCertificates({ dir, minVersion: '1.3', names: ['chat.example'], log: kept.log, now: Date.now, ...asked })
  const sockets = new Set<TLSSocket>()
  const server = createServer(certificates.options(), (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).pipe(socket)
  })
  server.on('tlsClientError', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  certificates.onSwap(() => server.setSecureContext(certificates.options()))
  t.after(() => {
    certificates.close()
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  const { port } = server.address() as AddressInfo

  /** Somebody connected; what is said comes back. */
  async function meet(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port, servername: 'chat.example', rejectUnauthorized: false, ...options })
    await once(socket, 'secureConnect')
    t.after(() => socket.destroy())
    return socket
  }
  return { ...kept, certificates, server, port, meet, shown: async () => fingerprintOf(await meet()) }
}

export const fingerprintOf = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.fingerprint256

export async function echoOf(socket: TLSSocket, words: string): Promise<string> {
  socket.write(words)
  const [said] = await once(socket, 'data')
  return String(said)
}

/** Timers that ring when told to. */
export function createHandTimers() {
  const timers: { ms: number; act: () => void }[] = []
  return {
    after(ms: number, act: () => void): () => void {
      const timer = { ms, act }
      timers.push(timer)
      return () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1))
    },
    /** Rings the next timer of so many ms; false when there is none. */
    ring(ms: number): boolean {
      const at = timers.findIndex((timer) => timer.ms === ms)
      const [timer] = at < 0 ? [] : timers.splice(at, 1)
      timer?.act()
      return timer !== undefined
    },
  }
}
