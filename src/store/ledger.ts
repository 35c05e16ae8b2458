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

/**
 * The numbers of every room inside one transaction: gives the next seq, writes the row, and remembers what was added until the commit.
 */
export function createLedger(book: Book, nextId: () => string) {
  const moved = new Map<string, Head>()
  const landed = new Map<string, RoomEvent[]>()
  const marks = new Map<string, { account: string; room: string; head: Head }>()

  const head = (room: string): Head => moved.get(room) ?? book.head(room)

  return {
    head,
    /** Writes one event; a message also moves its author's own read mark. */
    add(event: NewEvent): RoomEvent {
      const before = head(event.room)
      const now = { last: before.last + 1, n: before.n + (event.kind === 'message' ? 1 : 0) }
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
      moved.set(row.room, now)
      if (event.kind === 'message') marks.set(`${row.room} ${row.account}`, { account: row.account, room: row.room, head: now })
      const added = toEvent(row)
      const ofRoom = landed.get(row.room)
      if (ofRoom) ofRoom.push(added)
      else landed.set(row.room, [added])
      return added
    },
    /** The last thing before COMMIT: heads and own marks, once per room and author however many events there were. */
    settle(): void {
      for (const [room, at] of moved) book.moveHead(room, at)
      for (const { account, room, head: at } of marks.values()) book.advanceMark(account, room, { read: at.last, read_n: at.n })
    },
    /** After COMMIT: what this transaction added, room by room. */
    close(): Landed[] {
      const all: Landed[] = []
      for (const [room, at] of moved) all.push({ room, last: at.last, n: at.n, events: landed.get(room) ?? [] })
      this.drop()
      return all
    },
    /** After ROLLBACK. */
    drop(): void {
      moved.clear()
      landed.clear()
      marks.clear()
    },
  }
}

export type Ledger = ReturnType<typeof createLedger>
