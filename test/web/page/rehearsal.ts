import type { MessageEvent, RoomState } from '../../../src/protocol/events.ts'
import type { Posted, Welcome } from '../../../src/protocol/server-frames.ts'
import type { Client, ClientEvents, ClientOptions, LineState, OutboxItem, Timeline } from '../../../src/sdk/client.ts'
import { Refused } from '../../../src/sdk/errors.ts'
import { changed } from '../../../src/sdk/present-form.ts'
import { ada, rooms as program, script } from './cast.ts'

const page = 50

export interface Stage {
  /** Another says something. */
  says(by: string, text: string, room?: string): void
  line(state: LineState): void
  live(): void
  types(by: string, room?: string): void
  /** ms that the server takes. */
  slow: number
  /** Posts are refused for good. */
  refuses: boolean
}

/** A client with the SDK's face and nobody behind it. */
export function rehearse(scene: string): { dial: (options: ClientOptions) => Client; stage: Stage } {
  const now = Date.now()
  const said = new Map<string, MessageEvent[]>()
  let rooms = new Map<string, RoomState>()
  for (const { said: count, unread = 0, ...room } of scene === 'empty' ? [] : program) {
    said.set(room.id, script(room.id, count, now))
    rooms.set(room.id, { ...room, last: count, n: count, read: count - unread, readN: count - unread })
  }
  const listeners = new Map<string, Set<(given: never) => void>>()
  const emit = <E extends keyof ClientEvents>(event: E, given: ClientEvents[E]) => {
    for (const listener of listeners.get(event) ?? []) (listener as (given: ClientEvents[E]) => void)(given)
  }
  const open = new Map<string, { shown: number; timeline: Timeline }>()
  let outbox: OutboxItem[] = []
  let state: LineState = { state: 'connecting', attempt: 1 }

  const welcome: Welcome = {
    ...{ type: 'welcome', protocol: 'parley.v1', connection: 'c_4fQ9', node: 'b2', store: 's1', now, beatMs: 25_000, account: ada },
    login: { id: 'l1', expiresAt: now + (scene === 'expiring' ? 4 : 700) * 60_000, idleAt: now + 12 * 3_600_000 },
    rooms: [...rooms.values()],
    limits: { frameBytes: 65_536, textLength: 8_000, openRooms: 500, postsPerSecond: 10, postBurst: 20, pending: 64 },
  }

  const stage: Stage = {
    slow: 300,
    refuses: false,
    says: (by, text, room = 'ops') => void add(room, { by, text }),
    types: (by, room = 'ops') => emit('typing', { room, account: by }),
    line(given) {
      state = given
      emit('state', given)
      if (given.state === 'live') for (const item of outbox) deliver(item)
    },
    live: () => stage.line({ state: 'live', welcome }),
  }

  function change(room: string, more: Partial<RoomState>): void {
    rooms = new Map(rooms).set(room, { ...rooms.get(room)!, ...more })
    emit('rooms', rooms)
  }

  function add(room: string, given: Pick<MessageEvent, 'by' | 'text'> & Partial<MessageEvent>): MessageEvent {
    const all = said.get(room)!
    const message: MessageEvent = {
      kind: 'message',
      seq: all.length + 1,
      id: `${room}-${all.length + 1}`,
      n: all.length + 1,
      at: Date.now(),
      ...given,
    }
    said.set(room, [...all, message])
    const held = open.get(room)
    if (held) held.shown += 1
    if (held) emit('timeline', held.timeline)
    emit('message', { room, message })
    const mine = given.by === ada.id ? { read: message.seq, readN: message.n } : {}
    change(room, { last: message.seq, n: message.n, ...mine })
    return message
  }

  function deliver(item: OutboxItem): void {
    if (item.state === 'failed' || state.state !== 'live') return
    set({ ...item, state: 'sending' })
    setTimeout(() => {
      if (state.state !== 'live') return set({ ...item, state: 'waiting' })
      if (stage.refuses) return set({ ...item, state: 'failed', refusal: { code: 'forbidden', message: 'You may not write here.' } })
      outbox = outbox.filter(({ key }) => key !== item.key)
      const { room, key, text, replyTo } = item
      add(room, { by: ada.id, key, text, ...(replyTo === undefined ? {} : { replyTo }) })
      emit('outbox', outbox)
    }, stage.slow)
  }

  function set(item: OutboxItem): void {
    outbox = outbox.some(({ key }) => key === item.key) ? outbox.map((other) => (other.key === item.key ? item : other)) : [...outbox, item]
    emit('outbox', outbox)
  }

  function timelineOf(room: string): Timeline {
    return {
      room,
      get messages() {
        return said.get(room)!.slice(-open.get(room)!.shown)
      },
      notices: [],
      get last() {
        return said.get(room)!.length
      },
      get complete() {
        return open.get(room)!.shown >= said.get(room)!.length
      },
      get live() {
        return state.state === 'live'
      },
      get stale() {
        return state.state !== 'live'
      },
      async older() {
        await later(stage.slow)
        open.get(room)!.shown += page
        emit('timeline', this)
        return !this.complete
      },
    }
  }

  async function alter(room: string, seq: number, make: (message: MessageEvent, next: number) => MessageEvent): Promise<Posted> {
    await later(stage.slow)
    const all = said.get(room)!
    said.set(
      room,
      all.map((message) => (message.seq === seq ? make(message, all.length + 1) : message)),
    )
    const held = open.get(room)
    if (held) emit('timeline', held.timeline)
    return { seq, id: '', at: Date.now() }
  }

  const client: Client = {
    get state() {
      return state
    },
    account: ada,
    get rooms() {
      return rooms
    },
    on(event, listener) {
      const all = listeners.get(event) ?? new Set()
      listeners.set(event, all.add(listener as (given: never) => void))
      return () => void all.delete(listener as (given: never) => void)
    },
    async open(room) {
      await later(stage.slow / 3)
      if (!rooms.has(room)) throw new Refused({ code: 'no_such_room', message: 'There is no such room.', retryable: false })
      if (!open.has(room)) open.set(room, { shown: page, timeline: timelineOf(room) })
      return open.get(room)!.timeline
    },
    shut: (room) => void open.delete(room),
    timeline: (room) => open.get(room)?.timeline,
    async post(room, text, { replyTo, key = crypto.randomUUID() } = {}) {
      const item: OutboxItem = { key, room, text, at: Date.now(), state: 'waiting', ...(replyTo === undefined ? {} : { replyTo }) }
      set(item)
      deliver(item)
      return { seq: 0, id: '', at: 0 }
    },
    edit: (room, seq, text) => alter(room, seq, (message, next) => ({ ...message, text, rev: next, edited: true })),
    remove: (room, seq) =>
      alter(room, seq, (message, next) => changed(message, { kind: 'removed', seq: next, id: '', by: ada.id, at: 0, target: seq })),
    react: (room, seq, emoji, on) =>
      alter(room, seq, (message, next) =>
        changed(message, { kind: 'reacted', seq: next, id: '', by: ada.id, at: 0, target: seq, emoji, on }),
      ),
    async read(room, seq) {
      change(room, { read: seq, readN: seq, mentions: 0 })
    },
    join: async () => ({ seq: 1 }),
    leave: async () => ({ seq: 1 }),
    typing: () => undefined,
    presence: () => undefined,
    async request(type, fields) {
      await later(20 + Math.random() * 10)
      if (type !== 'history') return { now: Date.now() } as never
      const { room, around, before, after } = fields as { room: string; around?: number; before?: number; after?: number }
      const all = said.get(room)!
      const from = around !== undefined ? around - 30 : before !== undefined ? before - 61 : (after ?? 0)
      const events = all.slice(Math.max(0, from), before !== undefined ? before - 1 : from + 60)
      return { events, more: before !== undefined ? from > 0 : from + 60 < all.length } as never
    },
    outbox: {
      items: (room) => outbox.filter((item) => room === undefined || item.room === room),
      retry: (key) => retry((item) => item.key === key),
      retryAll: (room) => retry((item) => item.room === room),
      async discard(key) {
        outbox = outbox.filter((item) => item.key !== key)
        emit('outbox', outbox)
      },
    },
    retryNow: () => undefined,
    setOnline: (online) => (online ? stage.live() : stage.line({ state: 'offline' })),
    resume: () => stage.live(),
    close: async () => undefined,
  }

  function retry(which: (item: OutboxItem) => boolean): void {
    for (const { refusal: _, ...item } of outbox.filter(which)) {
      set({ ...item, state: 'waiting' })
      deliver({ ...item, state: 'waiting' })
    }
  }

  const dial = () => {
    setTimeout(() => {
      emit('rooms', rooms)
      stage.live()
      for (const [account, mood] of [
        ['bob', 'active'],
        ['chi', 'away'],
      ] as const)
        emit('presence', { account, state: mood })
    }, 50)
    return client
  }
  return { dial, stage }
}

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
