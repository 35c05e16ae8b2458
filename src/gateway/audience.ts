import type { RoomEvent } from '../protocol/events.ts'
import type { Connection } from './connection.ts'
import type { AccountSeat } from './seats.ts'
import { after, eventsFrame, type Frame } from './wire.ts'

/** What a connection missed while its page was being read; more than `most` bytes of it, and it has to page again. */
export interface Opening {
  frames: Frame[]
  bytes: number
  spilt: boolean
}
const most = 1024 * 1024

/** Who, on this node, hears one room. */
export class Audience {
  readonly room: string
  /** Connections that get every event as it lands. */
  readonly live = new Set<Connection>()
  /** Connections whose page is being read: listen first, then read, then drop what the page already had. */
  readonly opening = new Map<Connection, Opening>()
  /** Members with a connection here, whatever they have open. */
  readonly members = new Set<AccountSeat>()
  /** Live connections whose page went further than this node has told: up to where they hold everything already. */
  readonly ahead = new Map<Connection, number>()
  /** The last seq and number that this node has told; below 0 while it does not know how far the room had come when it began to listen. */
  last = -1
  n = 0
  /** The seq of the last change that room lists show: a name, a topic, a role; below 0 while none is known. */
  changed = -1

  constructor(room: string) {
    this.room = room
  }

  /** One text, one frame, one Buffer, however many hear it. Returns events times hearers. */
  tell(events: RoomEvent[]): number {
    if (events.length === 0 || (this.live.size === 0 && this.opening.size === 0)) return 0
    const frame = eventsFrame(this.room, events)
    if (this.ahead.size > 0) this.#tellRest(frame)
    else for (const connection of this.live) connection.put(frame)
    for (const opening of this.opening.values()) keep(opening, frame)
    return events.length * this.live.size
  }

  /** To each what it does not hold yet. */
  #tellRest(frame: Frame): void {
    const last = frame.of?.events.at(-1)?.seq ?? 0
    for (const connection of this.live) {
      const held = this.ahead.get(connection) ?? 0
      const rest = after(frame, held)
      if (rest) connection.put(rest)
      if (held <= last) this.ahead.delete(connection)
    }
  }

  listen(connection: Connection): Opening {
    const opening: Opening = { frames: [], bytes: 0, spilt: false }
    this.leave(connection)
    this.opening.set(connection, opening)
    return opening
  }

  leave(connection: Connection): void {
    this.live.delete(connection)
    this.ahead.delete(connection)
    this.opening.delete(connection)
  }

  get isEmpty(): boolean {
    return this.live.size === 0 && this.opening.size === 0 && this.members.size === 0
  }
}

function keep(opening: Opening, frame: Frame): void {
  opening.bytes += frame.bytes.length
  if (opening.bytes > most) {
    opening.spilt = true
    opening.frames = []
  } else opening.frames.push(frame)
}
