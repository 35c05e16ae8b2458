import { randomBytes } from 'node:crypto'
import type { RoomEvent } from '../protocol/events.ts'
import type { Landed } from './append.ts'
import type { Book, Head } from './book.ts'
import { toEvent } from './event-rows.ts'

/** What an act adds; seq, id and n are given by the ledger. */
export interface NewEvent {
  room: string
  kind: RoomEvent['kind']
  account: string
  at: number
  key?: string | undefined
  text?: string
  target?: number | undefined
  extra?: object | undefined
}

/** A restored store must not give an old id to a new event: ids carry the run of the process that made them. */
export function createEventIds(): () => string {
  const run = randomBytes(6).toString('base64url')
  let made = 0
  return () => `${run}${(++made).toString(36)}`
}

/** What a transaction has done in one room so far. */
interface Moved {
  head: Head
  events: RoomEvent[]
  /** Where each author of a message has read to: as far as the last one of his own. */
  marks: Map<string, Head>
}

/**
 * The numbers of every room inside one transaction: gives the next seq, writes the row, and remembers what was added until the commit.
 */
export function createLedger(book: Book, nextId: () => string) {
  const rooms = new Map<string, Moved>()

  const head = (room: string): Head => rooms.get(room)?.head ?? book.head(room)

  function movedIn(room: string): Moved {
    const there = rooms.get(room)
    if (there) return there
    const moved = { head: book.head(room), events: [], marks: new Map() }
    rooms.set(room, moved)
    return moved
  }

  return {
    head,
    /** Writes one event; a message also moves its author's own read mark. */
    add(event: NewEvent): RoomEvent {
      const moved = movedIn(event.room)
      const now = { last: moved.head.last + 1, n: moved.head.n + (event.kind === 'message' ? 1 : 0) }
      const row = {
        room: event.room,
        seq: now.last,
        id: nextId(),
        kind: event.kind,
        account: event.account,
        at: event.at,
        key: event.key ?? null,
        n: now.n,
        text: event.text ?? '',
        target: event.target ?? null,
        extra: event.extra === undefined ? null : JSON.stringify(event.extra),
        edited: null,
        rev: null,
        removed: null,
      }
      book.addEvent(row)
      moved.head = now
      if (event.kind === 'message') moved.marks.set(row.account, now)
      const added = toEvent(row)
      moved.events.push(added)
      return added
    },
    /** The last thing before COMMIT: heads and own marks, once per room and author however many events there were. */
    settle(): void {
      for (const [room, { head: at }] of rooms) book.moveHead(room, at)
      for (const [room, { marks }] of rooms)
        for (const [account, at] of marks) book.advanceMark(account, room, { read: at.last, read_n: at.n })
    },
    /** After COMMIT: what this transaction added, room by room. */
    close(): Landed[] {
      const all = Array.from(rooms, ([room, { head: at, events }]) => ({ room, last: at.last, n: at.n, events }))
      rooms.clear()
      return all
    },
    /** After ROLLBACK. */
    drop: () => rooms.clear(),
  }
}

export type Ledger = ReturnType<typeof createLedger>
