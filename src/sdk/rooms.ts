import type { RoomEvent, RoomState } from '../protocol/events.ts'
import type { ServerFrame } from '../protocol/server-frames.ts'

type Frame<T extends ServerFrame['type']> = Extract<ServerFrame, { type: T }>

export interface Rooms {
  readonly all: ReadonlyMap<string, RoomState>
  welcome(rooms: RoomState[]): void
  heads(rooms: Frame<'heads'>['rooms']): void
  room(room: Frame<'room'>['room']): void
  marks(rooms: Frame<'marks'>['rooms']): void
  /** New events of a room that is open: heads do not name those. */
  events(room: string, events: RoomEvent[], me: string | undefined): void
  /** My own read mark; `readN` when it is known how many messages that are. */
  read(room: string, seq: number, readN: number | undefined): void
}

/** My rooms as the server tells of them. Numbers only go forward, whatever the order in which hints arrive. */
export function createRooms(onChange: (rooms: ReadonlyMap<string, RoomState>) => void): Rooms {
  let all: ReadonlyMap<string, RoomState> = new Map()

  function replace(rooms: Iterable<RoomState>): void {
    all = new Map([...rooms].map((room) => [room.id, room]))
    onChange(all)
  }

  /** Replaces the rooms that `next` gives anew. */
  function update(ids: string[], next: (room: RoomState) => RoomState): void {
    const changes = ids.flatMap((id) => {
      const room = all.get(id)
      const changed = room && next(room)
      return changed && changed !== room ? [changed] : []
    })
    if (changes.length > 0) replace([...all.values(), ...changes])
  }

  return {
    get all() {
      return all
    },
    welcome: replace,
    heads(heads) {
      const news = new Map(heads.map((head) => [head.room, head]))
      update([...news.keys()], (room) => headed(room, news.get(room.id)!))
    },
    room(room) {
      const others = [...all.values()].filter((other) => other.id !== room.id)
      replace('gone' in room ? others : [...others, room])
    },
    marks(marks) {
      const news = new Map(marks.map((mark) => [mark.room, mark]))
      update([...news.keys()], (room) => marked(room, news.get(room.id)!))
    },
    events(id, events, me) {
      update([id], (room) => events.reduce((state, event) => after(state, event, me), room))
    },
    read(id, seq, readN) {
      update([id], (room) => marked(room, { read: seq, readN: readN ?? (seq >= room.last ? room.n : room.readN) }))
    },
  }
}

function marked(room: RoomState, { read, readN }: { read: number; readN: number }): RoomState {
  if (read < room.read || (read === room.read && readN === room.readN)) return room
  return { ...room, read, readN, mentions: readN >= room.n ? 0 : room.mentions }
}

function headed(room: RoomState, { last, n, mentions }: Frame<'heads'>['rooms'][number]): RoomState {
  if (last < room.last) return room
  // My own post moved my mark before its head came.
  return { ...room, last, n, mentions, readN: room.read >= last ? n : room.readN }
}

/** The room after one more event. A post moves its author's own mark, as on the server. */
function after(room: RoomState, event: RoomEvent, me: string | undefined): RoomState {
  if (event.seq <= room.last) return room
  const next = { ...room, last: event.seq }
  if (event.kind === 'renamed') next.name = event.name
  if (event.kind === 'topic') next.topic = event.topic
  if (event.kind !== 'message') return next
  next.n = event.n
  if (event.by === me) return { ...next, read: event.seq, readN: event.n, mentions: 0 }
  if (me !== undefined && event.mentions?.includes(me)) next.mentions = room.mentions + 1
  return next
}
