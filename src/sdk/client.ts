import type { Account, RoomEvent } from '../protocol/events.ts'
import { typingEveryMs } from '../protocol/limits.ts'
import type { Welcome } from '../protocol/server-frames.ts'
import { type ChangeType, createChanges } from './changes.ts'
import type { CredentialWhy, Told } from './connection.ts'
import { quiet, rejected } from './deferred.ts'
import { createEmitter } from './emitter.ts'
import { Denied, Discarded, Lost, Refused } from './errors.ts'
import { type Fetch, fixedToken } from './fixed-token.ts'
import { createLine, type LineState } from './line.ts'
import { createMarks } from './marks.ts'
import { createOpenRooms } from './open-rooms.ts'
import { createOutbox, type Outbox, type OutboxItem, type OutboxStorage } from './outbox.ts'
import type { Fields } from './requests.ts'
import { createRooms } from './rooms.ts'
import { type Credential, globalSocket, type OpenSocket, type WebSocketLike } from './socket.ts'
import { memoryStorage } from './storage.ts'
import type { Client, ClientEvents, ClientOptions } from './surface.ts'
import type { Timeline } from './timeline.ts'
import { realTimers, type Timers } from './timers.ts'

export type {
  Client,
  ClientEvents,
  ClientOptions,
  Credential,
  CredentialWhy,
  Fetch,
  Fields,
  LineState,
  OpenSocket,
  Outbox,
  OutboxItem,
  OutboxStorage,
  Timeline,
  Timers,
  WebSocketLike,
}
export { Denied, Discarded, Lost, memoryStorage, Refused }

/**
 * Starts connecting at once. `token`: a session token or personal access token that does not change; when it no longer holds, the state
 * is `stopped`. `fetch`: how that is asked when a connection does not come about.
 */
export function connect(options: ClientOptions | { url: string; token: string; fetch?: Fetch }): Client {
  if (!('token' in options)) return createClient(options)
  const { credential, taken } = fixedToken(options)
  const client = createClient({ url: options.url, credential })
  client.on('state', ({ state }) => state === 'live' && taken())
  return client
}

function createClient(options: ClientOptions): Client {
  const { url, credential, random = Math.random, now = Date.now, schedule: timers = realTimers } = options
  const { on, emit } = createEmitter<ClientEvents>()
  const typedAt = new Map<string, number>()
  let account: Account | undefined
  let store: string | undefined
  let mood: 'active' | 'away' | undefined
  let wasLive = false
  let closed = false

  const line = createLine({
    url,
    credential,
    openSocket: options.connect ?? globalSocket,
    timers,
    now,
    random,
    onState,
    onTold,
    onUnknown: (frame) => emit('unknown', frame),
  })
  const { ask } = line
  const isLive = () => line.state.state === 'live'

  const rooms = createRooms((all) => emit('rooms', all))
  const openRooms = createOpenRooms({ ask, isLive, timers, onTimeline, onNews })
  const outbox = createOutbox({
    storage: options.outbox ?? memoryStorage(),
    ask,
    isLive,
    timers,
    now,
    random,
    isSeen: (room, seq) => (openRooms.timeline(room)?.last ?? seq) >= seq,
    onPosted,
    onChange: (items) => emit('outbox', items),
    onFault: (error) => emit('fault', error),
  })
  const changes = createChanges(ask, timers, () => line.state)
  const marks = createMarks(ask, onRead)

  function onState(state: LineState): void {
    if (state.state === 'live') welcomed(state, state.welcome)
    else {
      if (wasLive) openRooms.disconnected()
      wasLive = false
      changes.line(state)
      emit('state', state)
    }
  }

  function welcomed(state: LineState, welcome: Welcome): void {
    const another = account !== undefined && account.id !== welcome.account.id
    const anew = store !== undefined && store !== welcome.store
    account = welcome.account
    store = welcome.store
    wasLive = true
    rooms.welcome(welcome.rooms)
    emit('state', state)
    // What one account could read is not shown to the next.
    if (another) openRooms.clear(new Lost('Another account signed in.'))
    openRooms.connected(anew)
    if (mood) ask('presence', { state: mood })
    marks.connected()
    changes.line(state)
    outbox.connected(welcome.account.id, welcome.limits.pending)
  }

  const told: { [T in Told['type']]: (frame: Extract<Told, { type: T }>) => void } = {
    events: ({ room, events }) => openRooms.events(room, events),
    heads: ({ rooms: heads }) => {
      rooms.heads(heads)
      for (const { room, last } of heads) openRooms.expect(room, last)
    },
    room: ({ room }) => {
      rooms.room(room)
      if ('gone' in room) openRooms.gone(room.id, new Lost('You are no longer in this room.'))
    },
    marks: ({ rooms: moved }) => rooms.marks(moved),
    typing: ({ room, account }) => emit('typing', { room, account }),
    presence: ({ accounts }) => {
      for (const presence of accounts) emit('presence', presence)
    },
    reset: ({ room }) => openRooms.reset(room),
    notice: ({ code, message }) => emit('notice', { code, message }),
  }

  function onTold(frame: Told): void {
    if (Object.hasOwn(told, frame.type)) (told[frame.type] as (frame: Told) => void)(frame)
    else emit('unknown', frame)
  }

  function onTimeline(timeline: Timeline): void {
    const held = openRooms.timeline(timeline.room)
    outbox.seen(timeline.room, held ? held.last : Number.POSITIVE_INFINITY)
    emit('timeline', timeline)
  }

  function onNews(room: string, events: RoomEvent[]): void {
    if (events.length > 0) rooms.events(room, events, account?.id)
    for (const event of events) {
      emit('event', { room, event })
      if (event.kind === 'message' && !event.removed) emit('message', { room, message: event })
    }
  }

  /** A post moves its author's own mark. */
  function onPosted(room: string, seq: number): void {
    rooms.read(room, seq, undefined)
    openRooms.expect(room, seq)
  }

  function onRead(room: string, seq: number): void {
    const seen = openRooms.timeline(room)?.messages.findLast((message) => message.seq <= seq)
    rooms.read(room, seq, seen?.n)
  }

  const change = <T extends ChangeType>(type: T, fields: Omit<Fields<T>, 'key'>) => quiet(changes.make(type, fields))

  line.retryNow()

  return {
    get state() {
      return line.state
    },
    get account() {
      return account
    },
    get rooms() {
      return rooms.all
    },
    on,
    open: (room) => (closed ? rejected(new Lost('The client was closed.')) : openRooms.open(room)),
    shut: openRooms.shut,
    timeline: openRooms.timeline,
    post: (room, text, more = {}) => outbox.post(room, text, more),
    edit: (room, seq, text) => change('edit', { room, seq, text }),
    remove: (room, seq) => change('remove', { room, seq }),
    react: (room, seq, emoji, on) => change('react', { room, seq, emoji, on }),
    read: (room, seq) => (seq <= (rooms.all.get(room)?.read ?? 0) ? Promise.resolve() : quiet(marks.read(room, seq))),
    join: (room) => ask('join', { room }),
    leave: (room) => ask('leave', { room }),
    typing(room) {
      if (!isLive() || now() - (typedAt.get(room) ?? 0) < typingEveryMs) return
      typedAt.set(room, now())
      ask('typing', { room })
    },
    presence(state) {
      mood = state
      ask('presence', { state })
    },
    request: ask,
    outbox,
    retryNow: line.retryNow,
    setOnline: line.setOnline,
    resume: line.resume,
    async close() {
      closed = true
      outbox.close()
      openRooms.clear(new Lost('The client was closed.'))
      await line.close()
    },
  }
}
