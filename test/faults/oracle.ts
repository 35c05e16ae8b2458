import { type ChildProcess, fork } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as passed } from 'node:timers/promises'
import type { Job, Question, Report, Said } from './checker.ts'
import { guard } from './fault.ts'

/** The checker in its own process, as whoever does the harm talks to it. */
export class Oracle {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (answer: never) => void; reject: (error: Error) => void }>()
  #watching: { from: number; resolve: () => void; reject: (error: Error) => void }[] = []
  #n = 0
  acknowledged = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (said: Said) => this.#take(said))
    child.once('exit', () => this.#fall(new Error('The checker has ended.')))
  }

  /** Resolves when people talk and listen. */
  static async start(job: Job): Promise<Oracle> {
    const oracle = new Oracle(fork(join(import.meta.dirname, 'checker.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
    const started = oracle.#answer(0)
    oracle.#child.send(job)
    await started
    return oracle
  }

  #take(said: Said): void {
    if ('acknowledged' in said) {
      this.acknowledged = said.acknowledged
      const [there, yet] = [
        this.#watching.filter(({ from }) => said.acknowledged >= from),
        this.#watching.filter(({ from }) => said.acknowledged < from),
      ]
      this.#watching = yet
      for (const { resolve } of there) resolve()
      return
    }
    const waiting = this.#waiting.get(said.n)
    this.#waiting.delete(said.n)
    if (said.failed !== undefined) waiting?.reject(new Error(said.failed))
    else waiting?.resolve(said.answer as never)
  }

  #fall(error: Error): void {
    for (const { reject } of [...this.#waiting.values(), ...this.#watching]) reject(error)
  }

  #answer<T>(n: number): Promise<T> {
    return new Promise((resolve, reject) => this.#waiting.set(n, { resolve, reject }))
  }

  ask<T = void>(question: Question): Promise<T> {
    const n = ++this.#n
    const answer = this.#answer<T>(n)
    this.#child.send({ ...question, n })
    return answer
  }

  /** Resolves when so many more have been acknowledged. @throws Error when for `patience` ms there was not a single one */
  async progress(more: number, patience: number): Promise<void> {
    const from = this.acknowledged + more
    let seen = this.acknowledged
    let stalled: NodeJS.Timeout | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#watching.push({ from, resolve, reject })
        stalled = setInterval(() => {
          if (this.acknowledged === seen)
            reject(new Error(`nothing was acknowledged for ${patience} ms; ${from - seen} of ${more} are missing`))
          seen = this.acknowledged
        }, patience)
      })
    } finally {
      clearInterval(stalled)
    }
  }

  /** A login that may be ended, as soon as it is there. */
  async doomed(): Promise<string> {
    const end = performance.now() + guard
    for (;;) {
      const login = await this.ask<string | undefined>({ ask: 'doomedLogin' })
      if (login !== undefined) return login
      if (performance.now() > end) throw new Error('nobody was there whose login could be ended')
      await passed(20)
    }
  }

  async finish(): Promise<Report> {
    const report = await this.ask<Report>({ ask: 'finish' })
    this.close()
    return report
  }

  close(): void {
    this.#child.removeAllListeners('exit')
    if (this.#child.connected) this.#child.disconnect() // it ends by itself
  }
}
