import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as passed } from 'node:timers/promises'
import { type AdminClient, connectAdmin } from '../../src/ops/admin-client.ts'
import { Refusal } from '../../src/protocol/codes.ts'
import { freePort } from '../support/free-port.ts'
import { clockFile, clockOf } from './clock.ts'
import { guard } from './fault.ts'
import { Road } from './road.ts'

const main = resolve(import.meta.dirname, '../../src/main.ts')
const running = new Set<ChildProcess>()
// Whoever is told to stop stops its servers with it.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

interface Given {
  name: string
  /** That holds config/. */
  folder: string
  env: Record<string, string>
  road: Road
}

/** One process of Parley that can be ended, held, and started again in the same place. People reach it by its road. */
export class Node {
  readonly name: string
  readonly folder: string
  readonly road: Road
  readonly #env: Record<string, string>
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #port = 0
  #said = ''
  starts = 0

  private constructor({ name, folder, env, road }: Given) {
    this.name = name
    this.folder = folder
    this.road = road
    this.#env = env
  }

  static async make(given: Omit<Given, 'road'>): Promise<Node> {
    let node: Node | undefined
    const road = await Road.open(() => node?.port ?? 0)
    node = new Node({ ...given, road })
    return node
  }

  get port(): number {
    return this.#port
  }

  get pid(): number {
    if (!this.#child?.pid) throw new Error(`${this.name} does not run`)
    return this.#child.pid
  }

  get isUp(): boolean {
    return this.#child !== undefined
  }

  /** The last lines that it wrote since it was started. */
  get said(): string {
    return this.#said
  }

  /** Resolves when it takes people in. @param more settings for this time. @throws Error with what it said */
  async start(more: Record<string, string> = {}): Promise<void> {
    await this.begin(more)
    const child = this.#child as ChildProcess
    await new Promise<void>((ready, failed) => {
      child.stdout?.on('data', (chunk) => /^ready /m.test(String(chunk)) && ready())
      child.once('exit', () => failed(new Error(`${this.name} did not start:\n${this.#said}`)))
    })
  }

  /** Resolves while it is still starting. */
  async begin(more: Record<string, string> = {}): Promise<void> {
    this.#port = await freePort()
    this.starts += 1
    this.#said = ''
    this.clock('+0')
    const env = { ...this.#settings(), ...clockOf(this.folder), ...more }
    const child = spawn(process.execPath, [main, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder })
    this.#child = child
    running.add(child)
    child.stderr?.on('data', (chunk) => {
      this.#said = (this.#said + String(chunk)).slice(-4000)
    })
    child.stdout?.on('data', () => undefined)
    this.#ended = once(child, 'exit').then(() => {
      running.delete(child)
      if (this.#child === child) this.#child = undefined
    })
  }

  #settings(): Record<string, string> {
    return {
      ...{ PATH: process.env.PATH ?? '', PARLEY_ROOT: this.folder, PARLEY__SERVER__PORT: `${this.#port}`, PARLEY__OPS__PORT: '0' },
      ...{ PARLEY__SERVER__PUBLICURL: `https://localhost:${this.road.port}`, ...this.#env },
    }
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal)
  }

  /** Resolves when the process has ended, by whatever. */
  async ended(): Promise<void> {
    await this.#ended
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (!this.#child) return
    this.#child.kill(signal)
    await this.#ended
  }

  /** A command of the line, in a process of its own, which must end well. @throws Error with what it said */
  async run(...args: string[]): Promise<string> {
    const child = spawn(process.execPath, [main, ...args], { env: this.#settings(), stdio: ['ignore', 'pipe', 'pipe'], cwd: this.folder })
    running.add(child)
    const [said, told] = [text(child.stdout), text(child.stderr)]
    const [code] = (await once(child, 'exit')) as [number | null]
    running.delete(child)
    if (code !== 0) throw new Error(`parley ${args.join(' ')} ended with ${code}: ${await told}`)
    return said
  }

  /** Sets the clock that the process sees. @param by as faketime(1) writes it: `+2d` */
  clock(by: string): void {
    writeFileSync(clockFile(this.folder), `${by}\n`)
  }

  /** An act of the command line, asked over the admin socket, and again while it is refused for now. @throws Refusal · NoAnswer */
  async ask(act: string, input: object = {}): Promise<unknown> {
    for (const until = performance.now() + guard; ; await passed(100)) {
      try {
        return await this.#askOnce(act, input)
      } catch (error) {
        const passes = error instanceof Refusal && error.code === 'unavailable' && performance.now() < until
        if (!passes) throw error
      }
    }
  }

  async #askOnce(act: string, input: object): Promise<unknown> {
    const client: AdminClient | undefined = await connectAdmin(join(this.folder, 'data/parley.sock'))
    if (!client) throw new Error(`${this.name} does not listen to commands`)
    try {
      return await client.ask(act, input)
    } finally {
      client.close()
    }
  }

  async close(): Promise<void> {
    await this.kill()
    await this.road.close()
  }
}
