import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** What a server weighs, and what happened to it since it was last asked. */
export interface Weight {
  /** Bytes on the heap and in buffers, after a collection. */
  used: number
  rss: number
  /** ms: the longest time in which its event loop did nothing else. */
  stall: number
  connections: number
  /** Lines of its log that speak of faults of its own. */
  faults: string[]
}

interface Introduction {
  port: number
  tokens: string[]
  room: string
}

/** A server in a process of its own, without TLS, that can be weighed: Parley, or a small one over an old package. */
export class Subject {
  readonly #process: ChildProcess
  readonly port: number
  /** Of ada and of bob. */
  readonly tokens: string[]
  readonly room: string

  constructor(process: ChildProcess, { port, tokens, room }: Introduction) {
    this.#process = process
    this.port = port
    this.tokens = tokens
    this.room = room
  }

  get isAlive(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null
  }

  async weigh(): Promise<Weight> {
    assert.ok(this.isAlive && this.#process.connected, 'the server has gone')
    this.#process.send('weigh')
    return ((await once(this.#process, 'message')) as [Weight])[0]
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<void> {
    if (this.isAlive) await once(this.#process, 'exit')
  }
}

async function start(t: TestContext, file: string, args: string[], stderr: 'inherit' | 'ignore'): Promise<Subject> {
  const child = fork(join(import.meta.dirname, file), args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', stderr, 'ipc'] })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.send('close')
    await once(child, 'exit')
  })
  const [introduction] = (await once(child, 'message')) as [Introduction]
  return new Subject(child, introduction)
}

/** Parley as it is installed, but without TLS and for `settings`; ada and bob share a room. */
export const startParley = (t: TestContext, settings: Record<string, string> = {}): Promise<Subject> =>
  start(t, 'plain-house.ts', [JSON.stringify(settings)], 'inherit')

/** The least that one writes over the package in this folder; see weak-ws.ts. What it says when it dies is not ours to show. */
export const startWeak = (t: TestContext, folder: string): Promise<Subject> => start(t, 'weak-ws.ts', [folder], 'ignore')
