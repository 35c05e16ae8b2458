import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from 'redis'
import { whereIs } from '../setup.ts'
import { freePort } from './free-port.ts'
import { endsWithUs } from './offspring.ts'

/** A real Redis of the test's own. */
export class TestRedis {
  readonly port: number
  readonly #folder: string
  #process: ChildProcess

  constructor(port: number, folder: string, child: ChildProcess) {
    this.port = port
    this.#folder = folder
    this.#process = child
  }

  /** @param apart Ctrl-C is for whoever uses it, and ends it in its turn. */
  static async start({ apart = false } = {}): Promise<TestRedis> {
    const folder = mkdtempSync(join(tmpdir(), 'parley-redis-'))
    for (let tries = 0; ; tries++) {
      const port = await freePort()
      try {
        return new TestRedis(port, folder, await launch(port, folder, apart))
      } catch (error) {
        if (tries > 5) throw error // somebody else may have taken the port meanwhile
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** One command, as redis-cli would send it. */
  tell(...words: string[]): Promise<unknown> {
    return tell(this.port, ...words)
  }

  signal(name: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    this.#process.kill(name)
  }

  /** As if the machine had lost its power. */
  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await gone
  }

  /** Comes back where it was, and empty. */
  async restart(): Promise<void> {
    await this.kill()
    this.#process = await launch(this.port, this.#folder)
  }

  async close(): Promise<void> {
    await this.kill()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** One command to whoever speaks this protocol at a port, as redis-cli would send it. */
export async function tell(port: number, ...words: string[]): Promise<unknown> {
  const client = createClient({ url: `redis://127.0.0.1:${port}`, RESP: 2, socket: { reconnectStrategy: false } })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.sendCommand(words)
  } finally {
    client.destroy()
  }
}

export const startRedis = (how: { apart?: boolean } = {}): Promise<TestRedis> => TestRedis.start(how)

const launch = (port: number, folder: string, apart = false): Promise<ChildProcess> =>
  launchRedis(
    ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'],
    'Ready to accept connections',
    apart,
  )

/** @param sign what it says when it is ready. */
export async function launchRedis(args: string[], sign: string, apart = false): Promise<ChildProcess> {
  const child = spawn(whereIs('redis-server') ?? 'redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'], detached: apart })
  endsWithUs(child)
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (bytes) => {
      said += bytes
      if (said.includes(sign)) resolve()
    })
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`redis-server did not start:\n${said}`)))
  })
  child.stdout?.removeAllListeners('data').resume()
  return child
}
