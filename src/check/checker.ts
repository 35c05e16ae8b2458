import { setTimeout as passed } from 'node:timers/promises'
import { Line, type Target } from '../outside/line.ts'
import { type Company, cast, demand } from './company.ts'
import { judge } from './judge.ts'
import { Listener } from './listener.ts'
import { historyOf } from './pages.ts'
import type { History, Seen, Stream, Verdict } from './seen.ts'
import { Writer } from './writer.ts'

export interface CheckerOptions {
  /** Where to go; each connection goes to one of them. */
  targets: readonly Target[]
  /** One or more of each person. */
  tokens: readonly string[]
  /** Of logins that will be ended, in turn, whoever does it. Of people among the others. */
  doomed?: readonly string[]
  rooms: number
  /** Posts on their way at a time, of each who talks. */
  window: number
  /** ms without a sign of life before a connection is given up. */
  patience: number
  /** ms in which everything has to have come at the end. */
  quiet: number
  /** Before 1. */
  random: () => number
}

export interface Report {
  verdicts: Verdict[]
  /** What was seen, in numbers. */
  figures: { acknowledged: number; asked: number; delivered: number; connections: number; endings: number; resets: number }
}

/** ms between two looks for what has to come. */
const look = 20
const mostWriters = 3

/** Talks and listens through whatever happens to a Parley, writes down what it saw, and says at the end whether every promise was kept. */
export class Checker {
  readonly #options: CheckerOptions
  readonly #seen: Seen = { posts: [], streams: [], histories: [], endings: [], oddities: [] }
  readonly #ended = new Set<string>()
  readonly #writers: Writer[] = []
  readonly #listeners: Listener[] = []
  readonly #doomed: { login?: string; writer: Writer; listener: Listener }[] = []
  readonly #dooms: string[]
  #company!: Company
  #guest: Listener | undefined
  #rooms: string[] = []
  #talking = true
  #extra = 0
  /** Posts that were acknowledged. */
  acknowledged = 0

  constructor(options: CheckerOptions) {
    this.#options = options
    this.#dooms = [...(options.doomed ?? [])]
  }

  #target = (): Target => this.#options.targets[Math.floor(this.#options.random() * this.#options.targets.length)] as Target

  /** @throws NotLetIn · Error in words */
  async start(): Promise<void> {
    const { tokens, quiet, rooms } = this.#options
    this.#company = await cast(this.#target(), tokens, quiet)
    const { owner, members, guest, stranger } = this.#company
    const others = [...members.slice(1), ...(guest ? [guest] : [])].map(({ account }) => account)
    for (let i = 0; i < rooms; i++) {
      const body = { name: `check ${new Date().toISOString().slice(0, 19)} ${i + 1}`, kind: 'private', members: others }
      const made = (await this.#demand({ method: 'POST', path: '/api/v1/rooms', body })) as { id: string }
      this.#rooms.push(made.id)
    }
    for (const { token } of members.slice(0, mostWriters)) this.#writers.push(this.#writer(token))
    // Two, be it of one person: what one of them misses, the other has.
    for (const { token } of [...members, owner].slice(0, 2)) this.#listeners.push(this.#listener(token, { steady: true }))
    if (guest) this.#guest = this.#listener(guest.token, {})
    if (stranger) this.#listeners.push(this.#listener(stranger.token, { pushy: true }))
    this.#doomNext()
  }

  /** Who is here, in words. */
  get parts(): string {
    const { members, guest, stranger } = this.#company
    const others = [guest && 'one who comes and goes', stranger && 'a stranger'].filter(Boolean)
    return [`${members.length} in ${this.#rooms.length} new rooms`, ...others].join(', ')
  }

  #demand = (asked: Parameters<typeof demand>[2]): Promise<unknown> =>
    demand(this.#target(), this.#company.owner.token, asked, this.#options.quiet)

  #listener(token: string, more: { steady?: boolean; pushy?: boolean; doomed?: true }): Listener {
    const { patience, random } = this.#options
    return new Listener({
      ...{ token, patience, random, target: this.#target, rooms: this.#rooms, steady: false, ...more },
      opened: (stream: Stream) => void this.#seen.streams.push(stream),
    })
  }

  #writer(token: string, more: { doomed?: true; window?: number } = {}): Writer {
    const { patience, random, window } = this.#options
    const prefix = `check-${Date.now().toString(36)}-${Math.floor(random() * 36 ** 6).toString(36)}-${this.#writers.length}`
    return new Writer({
      ...{ token, patience, random, window, target: this.#target, rooms: this.#rooms, prefix, ...more },
      hasMore: () => this.#talking,
      asked: (post) => void this.#seen.posts.push(post),
      answered: () => {
        this.acknowledged += 1
      },
    })
  }

  #doomNext(): void {
    const token = this.#dooms.shift()
    if (token === undefined) return
    this.#doomed.push({ writer: this.#writer(token, { doomed: true, window: 4 }), listener: this.#listener(token, { doomed: true }) })
  }

  /** The login that is to be ended next; nothing where there is none, or it is not there at the moment. */
  doomedLogin(): string | undefined {
    return this.#doomed.at(-1)?.writer.login
  }

  /** The call that ended this login has returned. */
  ended(login: string): void {
    this.#ended.add(login)
    this.#seen.endings.push({ login, returned: performance.now() })
    this.#doomNext()
  }

  /** Somebody is shown the door of every room … */
  async expel(): Promise<void> {
    const { guest } = this.#company
    for (const room of guest ? this.#rooms : [])
      await this.#demand({ method: 'DELETE', path: `/api/v1/rooms/${room}/members/${guest?.account}` })
  }

  /** … and let in again. */
  async readmit(): Promise<void> {
    const { guest } = this.#company
    for (const room of guest ? this.#rooms : [])
      await this.#demand({ method: 'POST', path: `/api/v1/rooms/${room}/members`, body: { account: guest?.account } })
  }

  /** One who listens takes nothing for a while. @param ms */
  async dawdle(ms: number): Promise<void> {
    const steady = this.#listeners.filter(({ isSteady }) => isSteady)
    const listener = steady[Math.floor(this.#options.random() * steady.length)]
    await listener?.reach.dawdle(ms)
  }

  /** So many come at once, and go at once. Resolves with how many were let in. */
  async storm(size: number): Promise<number> {
    const { members } = this.#company
    const headers = (i: number) => ({
      'Sec-WebSocket-Protocol': 'parley.v1',
      Authorization: `Bearer ${members[i % members.length]?.token}`,
    })
    const wishes = Array.from({ length: size }, (_, i) => ({ path: '/ws', headers: headers(i), within: 10_000 }))
    const came = await Promise.allSettled(wishes.map((wish) => Line.dial(this.#target(), wish)))
    this.#extra += size
    const lines = came.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    for (const line of lines) line.leave()
    return lines.length
  }

  /** ms of this process's clock, for `forgive`. */
  now(): number {
    return performance.now()
  }

  /** A backup was begun at that moment and has been put back: what was acknowledged since may be there or not. */
  forgive(since: number): void {
    for (const post of this.#seen.posts) if (post.answered !== undefined && post.answered >= since) post.forgiven = true
  }

  /** Stops talking, waits until everything has come, reads it all, and judges. */
  async finish(): Promise<Report> {
    this.#talking = false
    await this.#until(() => this.#unanswered() === 0)
    const steady = this.#listeners.filter(({ isSteady }) => isSteady)
    for (const room of this.#rooms) {
      const history = await this.#history(room, steady)
      if (!history) continue
      this.#seen.histories.push(history)
      const last = history.events.at(-1)?.seq ?? 0
      await this.#until(() => steady.every((one) => one.lastOf(room) >= last))
    }
    await this.#leave()
    const { posts, streams, endings } = this.#seen
    const delivered = streams.reduce((sum, { events }) => sum + events.length, 0)
    const all = [...this.#writers, ...this.#listeners, ...this.#doomed.flatMap(({ writer, listener }) => [writer, listener])]
    const connections = all.reduce((sum, { reach }) => sum + reach.connections, this.#extra)
    const resets = this.#listeners.reduce((sum, one) => sum + one.resets, 0)
    return {
      verdicts: judge(this.#seen),
      figures: { acknowledged: this.acknowledged, asked: posts.length, delivered, connections, endings: endings.length, resets },
    }
  }

  #unanswered = () => [...this.#writers, ...this.#doomed.map(({ writer }) => writer)].reduce((sum, { unanswered }) => sum + unanswered, 0)

  async #history(room: string, steady: Listener[]): Promise<History | undefined> {
    let found: History | undefined
    await this.#until(async () => {
      const listener = steady.find(({ reach }) => reach.isUp)
      found = listener && (await historyOf(listener.reach, { room, store: listener.store }, listener.lastOf(room)))
      return found !== undefined
    })
    if (!found) this.#seen.oddities.push({ kind: 'stuck', words: `the history of ${room} could not be read` })
    return found
  }

  /** Waits for it, as long as there is patience at the end; what has not come by then is a verdict. */
  async #until(done: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + this.#options.quiet
    while (!(await done()) && performance.now() < end) await passed(look)
  }

  async #leave(): Promise<void> {
    const all = [...this.#writers, ...this.#listeners, ...(this.#guest ? [this.#guest] : [])]
    await Promise.all([...all, ...this.#doomed.flatMap(({ writer, listener }) => [writer, listener])].map((one) => one.stop()))
  }
}
