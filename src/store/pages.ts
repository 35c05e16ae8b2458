import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { RoomEvent, RoomState } from '../protocol/events.ts'
import { pageBytes, pageEvents } from '../protocol/limits.ts'
import type { Opened, Page } from '../protocol/server-frames.ts'
import { type EventContent, groupReactions, toEvent } from './event-rows.ts'
import { type HistoryAsk, openFrom, type Seen, type StateRow, seenBy, toState, type Unseen, type View, withinBudget } from './page-rules.ts'
import type { OpenAsk } from './reads.ts'

type Refusable<T> = T | Unseen

/** What an account may read, in pages. Each question is one read transaction, and asks for the membership in it. */
export function createPages(db: DatabaseSync) {
  const view = db.prepare(`
    select r.kind, coalesce(h.last, 0) as last, coalesce(h.n, 0) as n, m.since
    from room r left join head h on h.room = r.id left join member m on m.room = r.id and m.account = ? where r.id = ?`)
  const idAt = db.prepare('select id from event where room = ? and seq = ?')
  // “+ 0” in a limit: SQLite might plan by a bare number, and would prepare the statement anew whenever it is given one.
  const after = eventsOf(
    db.prepare(`
      select seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed
      from event where room = ? and seq > ? order by seq limit ? + 0`),
  )
  const messagesBefore = eventsOf(
    db.prepare(`
      select seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed
      from event where room = ? and seq < ? and seq >= ? and kind = 'message' order by seq desc limit ? + 0`),
  )
  const messagesAfter = eventsOf(
    db.prepare(`
      select seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed
      from event where room = ? and seq > ? and seq >= ? and kind = 'message' order by seq limit ? + 0`),
  )
  const reactions = db.prepare('select seq, emoji, account from reaction where room = ? and seq between ? and ? order by at, account')
  const roomsOf = db.prepare(`
    select r.*, m.role, m.read, m.read_n, coalesce(h.last, 0) as last, coalesce(h.n, 0) as n,
      (select count(*) from mention x where x.account = m.account and x.room = m.room and x.seq > m.read) as mentions
    from member m join room r on r.id = m.room left join head h on h.room = r.id
    where m.account = ? and (? is null or m.room = ?) order by r.fold, r.id`)
  const peers = db.prepare(
    'select m.account, a.display from member m join account a on a.id = m.account where m.room = ? order by m.account',
  )

  const look = (account: string, room: string): Refusable<Seen> => seenBy(view.get(account, room) as View | undefined)

  function toEvents(room: string, rows: EventContent[]): RoomEvent[] {
    const [first, last] = [rows[0]?.seq ?? 0, rows.at(-1)?.seq ?? 0]
    const bySeq = groupReactions(reactions.all(room, first, last) as { seq: number; emoji: string; account: string }[])
    return rows.map((row) => toEvent(row, bySeq.get(row.seq)))
  }

  function openOne(account: string, ask: OpenAsk, left: { bytes: number }): Opened {
    const { room } = ask
    const seen = look(account, room)
    if ('refused' in seen) return { room, refused: seen.refused }
    const from = openFrom(seen, ask, () => (idAt.get(room, ask.after ?? 0) as { id: string } | undefined)?.id)
    if (typeof from !== 'number') return from
    const events = withinBudget(toEvents(room, after(room, from, pageEvents)), left)
    return { room, last: seen.last, n: seen.n, events, more: from + events.length < seen.last }
  }

  function open(account: string, asks: OpenAsk[]): Opened[] {
    const left = { bytes: pageBytes }
    return inTransaction(() => asks.map((ask) => openOne(account, ask, left)))
  }

  function history(account: string, room: string, ask: HistoryAsk): Refusable<Page> {
    return inTransaction(() => {
      const seen = look(account, room)
      if ('refused' in seen) return seen
      const left = { bytes: pageBytes }
      if (ask.after !== undefined) return forward(room, ask.after, seen.since, ask.limit, left)
      if (ask.around === undefined) return backward(room, ask.before ?? seen.last + 1, seen.since, ask.limit, left)
      const newer = forward(room, ask.around - 1, seen.since, Math.ceil(ask.limit / 2), left)
      const older = backward(room, ask.around, seen.since, Math.floor(ask.limit / 2), left)
      return { events: [...older.events, ...newer.events], more: older.more || newer.more }
    })
  }

  function forward(room: string, seq: number, since: number, limit: number, left: { bytes: number }): Page {
    const found = messagesAfter(room, seq, since, limit + 1)
    const events = withinBudget(toEvents(room, found.slice(0, limit)), left)
    return { events, more: events.length < found.length }
  }

  function backward(room: string, seq: number, since: number, limit: number, left: { bytes: number }): Page {
    const found = messagesBefore(room, seq, since, limit + 1)
    const events = withinBudget(toEvents(room, found.slice(0, limit).reverse()).reverse(), left).reverse()
    return { events, more: events.length < found.length }
  }

  function rooms(account: string, room: string | null = null): RoomState[] {
    return inTransaction(() =>
      rows<StateRow>(roomsOf.all(account, room, room)).map((row) =>
        toState(account, row, row.kind === 'direct' ? rows(peers.all(row.id)) : []),
      ),
    )
  }

  function inTransaction<T>(read: () => T): T {
    db.exec('begin')
    try {
      return read()
    } finally {
      db.exec('commit')
    }
  }

  return { open, history, rooms, room: (account: string, room: string) => rooms(account, room)[0] }
}

/** What the columns of a query say its rows are: the one place where that is taken on trust. */
const rows = <Row extends object>(found: object[]): Row[] => found as Row[]

type Cells = [
  ...[seq: number, id: string, kind: string, account: string, at: number, key: string | null, n: number, text: string],
  ...[target: number | null, extra: string | null, edited: string | null, rev: number | null, removed: number | null],
]

/** Rows written out from their cells: as objects SQLite gives dictionaries, which take longer to make and ten times as long to read. */
function eventsOf(statement: StatementSync): (...values: SQLInputValue[]) => EventContent[] {
  statement.setReturnArrays(true)
  const written = ([seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed]: Cells): EventContent => {
    return { seq, id, kind, account, at, key, n, text, target, extra, edited, rev, removed }
  }
  return (...values) => rows<Cells>(statement.all(...values)).map(written)
}
