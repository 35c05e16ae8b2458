import { type Access, type Frame, Reach, type Welcome } from './reach.ts'
import { type Heard, type Stream, textOf } from './seen.ts'

interface Given extends Access {
  rooms: readonly string[]
  /** In these rooms from their first event to the end; others come and go, or were never in. */
  steady: boolean
  /** Opens the rooms whatever the welcome says: somebody who should not hear of them. */
  pushy?: boolean
  opened: (stream: Stream) => void
  /** Its login is to end: when it has, nothing is left to ask for. */
  doomed?: true
}

/** ms before what was refused for now is asked again, where the server does not say. */
const again = 200

type WireEvent = Heard & { text?: string }
type Opened = { room: string; events?: WireEvent[]; more?: boolean; last?: number; reset?: string; refused?: string }

/** Somebody who listens, and after every end of the connection goes on where it had been, as the SDK does. */
export class Listener {
  readonly reach: Reach
  readonly #given: Given
  readonly #streams = new Map<string, Stream>()
  /** Rooms that an answer is on its way for: asked for once more they would begin again. */
  readonly #asked = new Set<string>()
  #account = ''
  #login = ''
  #store = ''
  #greetings = 0
  /** Resets that were heard: each is a stream that ends and another that begins. */
  resets = 0

  constructor(given: Given) {
    this.#given = given
    this.reach = new Reach(given, {
      greeted: (welcome) => this.#greeted(welcome),
      heard: (frame) => this.#heard(frame),
      lost: () => undefined,
      turnedAway: (status) => {
        if (status === 401 && given.doomed) void this.stop()
      },
    })
  }

  #greeted({ account, login, store, rooms }: Welcome): void {
    this.#greetings += 1
    this.#account = account.id
    this.#login = login.id
    // A store that was restored goes on from elsewhere: what is held of the other one leads nowhere.
    if (store !== this.#store) this.#streams.clear()
    this.#store = store
    this.#asked.clear()
    const mine = this.#given.rooms.filter((room) => this.#given.pushy || rooms.some(({ id }) => id === room))
    this.#open(mine)
  }

  #open(rooms: string[]): void {
    if (rooms.length === 0) return
    const greeting = this.#greetings
    for (const room of rooms) this.#asked.add(room)
    // Live events follow the answer at once: it is taken in before anything else is read.
    this.reach.ask('open', { rooms: rooms.map((room) => ({ room, ...this.#cursor(room) })) }, (answer) => {
      if (greeting !== this.#greetings) return
      if (answer?.type === 'refused' && answer.retryable === true) return this.#later(rooms, Number(answer.retryAfterMs ?? again))
      for (const room of rooms) this.#asked.delete(room)
      if (answer?.type === 'ok') this.#open((answer.rooms as Opened[]).flatMap((one) => this.#took(one)))
    })
  }

  /** What is refused for now is asked again, unless another connection has asked meanwhile. */
  #later(rooms: string[], ms: number): void {
    const greeting = this.#greetings
    setTimeout(() => {
      if (greeting === this.#greetings) this.#open(rooms)
    }, ms)
  }

  /** Without one: the newest, for who comes and goes; the first, for who is to hear everything. */
  #cursor(room: string): object {
    const last = this.#streams.get(room)?.events.at(-1)
    if (last) return { after: last.seq, id: last.id }
    return this.#given.steady ? { after: 0 } : {}
  }

  /** Returns the room if it is to be opened again. */
  #took({ room, events, more, reset }: Opened): string[] {
    if (reset !== undefined) {
      this.resets += 1
      this.#streams.delete(room)
      return [room]
    }
    if (events) this.#keep(room, events)
    return more ? [room] : []
  }

  #keep(room: string, events: WireEvent[]): void {
    let stream = this.#streams.get(room)
    if (!stream) {
      stream = { room, store: this.#store, account: this.#account, login: this.#login, steady: this.#given.steady, events: [] }
      this.#streams.set(room, stream)
      this.#given.opened(stream)
    }
    for (const event of events) stream.events.push(heard(event))
  }

  #heard(frame: Frame): void {
    if (frame.type === 'events') this.#keep(String(frame.room), frame.events as WireEvent[])
    else if (frame.type === 'reset') {
      this.resets += 1
      this.#streams.delete(String(frame.room))
      this.#open([String(frame.room)])
    } else if (frame.type === 'room') {
      const { id, gone } = frame.room as { id: string; gone?: true }
      if (!this.#given.rooms.includes(id)) return
      if (gone) this.#streams.delete(id)
      else if (!this.#streams.has(id) && !this.#asked.has(id)) this.#open([id])
    }
  }

  get isSteady(): boolean {
    return this.#given.steady
  }

  /** The name of the store that it was greeted with. */
  get store(): string {
    return this.#store
  }

  /** The number of the last event that it holds. */
  lastOf(room: string): number {
    return this.#streams.get(room)?.events.at(-1)?.seq ?? 0
  }

  stop(): Promise<void> {
    return this.reach.stop()
  }
}

export function heard({ seq, id, kind, key, by, account, text }: WireEvent): Heard {
  return {
    ...{ seq, id, kind, by },
    ...(key !== undefined && { key }),
    ...(account !== undefined && { account }),
    ...(kind === 'message' && key !== undefined && text !== textOf(key) && { altered: true as const }),
  }
}
