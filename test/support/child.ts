import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Guest } from './guest.ts'
import type { Person } from './house.ts'

/** A Parley in a process of its own. */
export class Child {
  readonly process: ChildProcess
  readonly #port: number
  readonly #ca: string

  constructor(process: ChildProcess, port: number, ca: string) {
    this.process = process
    this.#port = port
    this.#ca = ca
  }

  async connect(person: Person): Promise<Guest> {
    const guest = new Guest(`wss://localhost:${this.#port}/ws`, { token: person.token, ca: this.#ca })
    await guest.hears('welcome')
    return guest
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return
    this.process.kill(signal)
    await once(this.process, 'exit')
  }
}

export async function startChild(folder: string, settings: Record<string, string> = {}): Promise<Child> {
  const child = fork(join(import.meta.dirname, 'child-house.ts'), [folder, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [{ port, ca }] = (await once(child, 'message')) as [{ port: number; ca: string }]
  return new Child(child, port, ca)
}
