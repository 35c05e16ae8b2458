import { setTimeout as passed } from 'node:timers/promises'
import { Line, NotLetIn, type Target } from '../outside/line.ts'

/** What the server says, as far as anybody here reads it. */
export interface Frame {
  type: string
  ref?: number
  [field: string]: unknown
}

export interface Welcome extends Frame {
  store: string
  account: { id: string; name: string }
  login: { id: string }
  rooms: { id: string }[]
  limits: { pending: number }
}

/** How somebody reaches the server. */
export interface Access {
  target: () => Target
  token: string
  /** ms without a sign of life before a connection is given up, and before a new one is. */
  patience: number
  /** Before 1. */
  random: () => number
}

/** Whoever uses a reach. */
export interface Caller {
  /** A new connection, greeted. */
  greeted(welcome: Welcome, line: number): void
  heard(frame: Frame): void
  lost(code: number): void
  /** The upgrade was refused; the reach tries again unless told to stop. */
  turnedAway?(status: number): void
}

let lines = 0

/** One login's way to the server, kept up through everything: dials again after each end, and notices when nobody is there any more. */
export class Reach {
  readonly #given: Access
  readonly #caller: Caller
  readonly #waiting = new Map<number, (frame: Frame | undefined) => void>()
  #line: Line | undefined
  #ref = 0
  #stopped = false
  #heardAt = 0
  #patient = 0
  readonly #done: Promise<void>
  /** How many it has had. */
  connections = 0

  constructor(given: Access, caller: Caller) {
    this.#given = given
    this.#caller = caller
    this.#done = this.#keepUp()
  }

  async #keepUp(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#connect()
      } catch (error) {
        if (error instanceof NotLetIn && error.status > 0) this.#caller.turnedAway?.(error.status)
      }
      if (!this.#stopped) await passed(20 + 180 * this.#given.random())
    }
  }

  /** Resolves when the connection has ended. */
  async #connect(): Promise<void> {
    const { token, patience, target } = this.#given
    const headers = { 'Sec-WebSocket-Protocol': 'parley.v1', Authorization: `Bearer ${token}` }
    const line = await Line.dial(target(), { path: '/ws', headers, within: patience })
    const id = ++lines
    this.connections += 1
    this.#heardAt = performance.now()
    const watch = setInterval(() => this.#watch(line), patience / 4)
    try {
      const welcome = await line.next((text) => (text.startsWith('{"type":"welcome"') ? (JSON.parse(text) as Welcome) : undefined))
      const ended = new Promise<number>((resolve) => {
        line.ended = resolve
      })
      if (this.#stopped) return
      this.#line = line
      this.#caller.greeted(welcome, id)
      line.listen((text) => this.#hear(JSON.parse(text) as Frame))
      const code = await ended
      this.#line = undefined
      const unanswered = [...this.#waiting.values()]
      this.#waiting.clear()
      for (const answered of unanswered) answered(undefined)
      this.#caller.lost(code)
    } finally {
      clearInterval(watch)
      line.leave()
    }
  }

  #hear(frame: Frame): void {
    this.#heardAt = performance.now()
    const answered = frame.ref === undefined ? undefined : this.#waiting.get(frame.ref)
    if (answered) {
      this.#waiting.delete(frame.ref as number)
      answered(frame)
    } else this.#caller.heard(frame)
  }

  /** Says something now and then, so that a connection on which nothing comes is one that has gone. */
  #watch(line: Line): void {
    const silent = performance.now() - this.#heardAt
    if (performance.now() < this.#patient) return
    if (silent > this.#given.patience) line.leave()
    else if (silent > this.#given.patience / 4 && this.#line === line) this.ask('ping', {}, () => undefined)
  }

  get isUp(): boolean {
    return this.#line !== undefined
  }

  /** Says it, if there is a connection, and returns the ref by which the answer comes. */
  say(type: string, fields: object): number | undefined {
    if (!this.#line) return undefined
    this.#ref += 1
    this.#line.say(JSON.stringify({ type, ref: this.#ref, ...fields }))
    return this.#ref
  }

  /** @param answered called in the turn in which the answer is read, before anything that came after it; with nothing, if the connection ends first. */
  ask(type: string, fields: object, answered: (frame: Frame | undefined) => void): void {
    const ref = this.say(type, fields)
    if (ref === undefined) answered(undefined)
    else this.#waiting.set(ref, answered)
  }

  /** What is said in between leaves in few writes. */
  together(work: () => void): void {
    const line = this.#line
    line?.socket.cork()
    work()
    line?.socket.uncork()
  }

  /** Takes nothing from its socket for a while. */
  async dawdle(ms: number): Promise<void> {
    const line = this.#line
    this.#patient = performance.now() + ms + this.#given.patience
    line?.socket.pause()
    await passed(ms)
    line?.socket.resume()
    this.#heardAt = performance.now()
  }

  drop(): void {
    this.#line?.leave()
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.drop()
    await this.#done
  }
}
