import { randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { RoomEvent } from '../protocol/events.ts'
import type { Landed } from './append.ts'
import { toEvent } from './event-rows.ts'
import type { EventRow } from './schema.ts'

interface Head {
  last: number
  n: number
}

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

/**
 * The numbered book of every room, inside one transaction of the writer: gives the next seq, writes the row,
 * and remembers what was added until the commit. Heads stay in memory between transactions, since nobody else moves them.
 */
export function createLedger(db: DatabaseSync) {
  const readHead = db.prepare('select last, n from head where room = ?')
  const writeHead = db.prepare(
    'insert into head (room, last, n) values (?, ?, ?) on conflict (room) do update set last = excluded.last, n = excluded.n',
  )
  const writeEvent = db.prepare(
    'insert into event (room, seq, id, kind, account, at, key, n, text, target, extra) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const writeMark = db.prepare('update member set read = ?, read_n = ? where account = ? and room = ? and read < ?')
  const committed = new Map<string, Head>()
  const moved = new Map<string, Head>()
  const landed = new Map<string, RoomEvent[]>()
  const marks = new Map<string, { account: string; room: string; head: Head }>()
  // A restored store must not give an old id to a new event: ids carry the run of the process that made them.
  const run = randomBytes(6).toString('base64url')
  let made = 0

  const head = (room: string): Head =>
    moved.get(room) ?? committed.get(room) ?? (readHead.get(room) as Head | undefined) ?? { last: 0, n: 0 }

  return {
    head,
    /** Writes one event; a message also moves its author's own read mark. */
    add(event: NewEvent): RoomEvent {
      const before = head(event.room)
      const now = { last: before.last + 1, n: before.n + (event.kind === 'message' ? 1 : 0) }
      const row: EventRow = {
        rowid: 0 as never,
        room: event.room,
        seq: now.last,
        id: `${run}${(++made).toString(36)}`,
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
      writeEvent.run(row.room, row.seq, row.id, row.kind, row.account, row.at, row.key, row.n, row.text, row.target, row.extra)
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
      for (const [room, { last, n }] of moved) writeHead.run(room, last, n)
      for (const { account, room, head: at } of marks.values()) writeMark.run(at.last, at.n, account, room, at.last)
    },
    /** After COMMIT: what this transaction added, room by room. */
    close(): Landed[] {
      const all: Landed[] = []
      if (committed.size > 50_000) committed.clear()
      for (const [room, at] of moved) {
        committed.set(room, at)
        all.push({ room, last: at.last, n: at.n, events: landed.get(room) ?? [] })
      }
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
