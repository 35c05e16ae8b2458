import { Refusal } from '../protocol/codes.ts'
import type { RoomEvent, RoomState } from '../protocol/events.ts'
import { pageBytes, pageEvents } from '../protocol/limits.ts'
import type { Opened, Page } from '../protocol/server-frames.ts'
import { groupReactions, toEvent } from './event-rows.ts'
import { type HistoryAsk, openFrom, type Seen, type StateRow, seenBy, toState, type View, withinBudget } from './page-rules.ts'
import type { Ask, Pool } from './postgres-connection.ts'
import type { OpenAsk, Reads } from './reads.ts'
import type { EventRow } from './schema.ts'

interface Stretch {
  room: string
  from: number
  last: number
}

/** What an account may read, in pages: as in SQLite, with questions about many rooms at once. */
export function createPostgresReads(pool: Pool): Reads {
  async function openAll(ask: Ask, account: string, asks: OpenAsk[]): Promise<Opened[]> {
    const views = await viewsOf(ask, account, asks)
    const ids = await idsAt(ask, asks)
    const begun = asks.map((asked): Opened | (Stretch & { n: number }) => {
      const { room } = asked
      const seen = seenBy(views.get(room))
      if ('refused' in seen) return { room, refused: seen.refused }
      const from = openFrom(seen, asked, () => ids.get(`${room} ${asked.after}`))
      return typeof from === 'number' ? { room, from, last: seen.last, n: seen.n } : from
    })
    const left = { bytes: pageBytes }
    const read = createStretches(
      ask,
      begun.filter((one) => 'from' in one),
    )
    const opened: Opened[] = []
    for (const one of begun) {
      if (!('from' in one)) opened.push(one)
      else {
        const { room, from, last, n } = one
        const events = left.bytes > 0 ? withinBudget(await read(one), left) : []
        opened.push({ room, last, n, events, more: from + events.length < last })
      }
    }
    return opened
  }

  async function page(ask: Ask, account: string, room: string, asked: HistoryAsk): Promise<Page> {
    const seen = seenBy((await viewsOf(ask, account, [{ room }])).get(room))
    if ('refused' in seen) throw new Refusal(seen.refused)
    const left = { bytes: pageBytes }
    const { after, around, before, limit } = asked
    if (after !== undefined) return forward(ask, room, after, seen, limit, left)
    if (around === undefined) return backward(ask, room, before ?? seen.last + 1, seen, limit, left)
    const newer = await forward(ask, room, around - 1, seen, Math.ceil(limit / 2), left)
    const older = await backward(ask, room, around, seen, Math.floor(limit / 2), left)
    return { events: [...older.events, ...newer.events], more: older.more || newer.more }
  }

  async function states(account: string, room: string | null): Promise<RoomState[]> {
    return pool.reading(async (ask) => {
      const rows = await ask<StateRow>(readStates, [account, room])
      const direct = rows.filter(({ kind }) => kind === 'direct').map(({ id }) => id)
      const people = direct.length > 0 ? await ask<{ room: string; account: string; display: string }>(readPeople, [direct]) : []
      const byRoom = Map.groupBy(people, (one) => one.room)
      return rows.map((row) => toState(account, row, byRoom.get(row.id) ?? []))
    })
  }

  return {
    open: (account, asks) => pool.reading((ask) => openAll(ask, account, asks)),
    history: (account, room, asked) => pool.reading((ask) => page(ask, account, room, asked)),
    rooms: (account) => states(account, null),
    room: async (account, room) => (await states(account, room))[0],
  }
}

async function viewsOf(ask: Ask, account: string, asks: OpenAsk[]): Promise<Map<string, View>> {
  const rows = await ask<View & { id: string }>(readViews, [account, asks.map(({ room }) => room)])
  return new Map(rows.map(({ id, ...view }) => [id, view]))
}

/** The ids of the events that the cursors name, by room and seq. */
async function idsAt(ask: Ask, asks: OpenAsk[]): Promise<Map<string, string>> {
  const cursors = asks.filter(({ after, id }) => after && id !== undefined)
  if (cursors.length === 0) return new Map()
  const rows = await ask<{ room: string; seq: number; id: string }>(readIds, [
    cursors.map((one) => one.room),
    cursors.map((one) => one.after),
  ])
  return new Map(rows.map(({ room, seq, id }) => [`${room} ${seq}`, id]))
}

/**
 * Reads the stretches in the order in which they are asked for, as many with one question as together hold about a page: neither a
 * question for each room, nor all of two hundred rooms for an answer that ends after the second.
 */
function createStretches(ask: Ask, stretches: Stretch[]): (stretch: Stretch) => Promise<RoomEvent[]> {
  const read = new Map<Stretch, RoomEvent[]>()
  const ahead = stretches.filter(({ from, last }) => last > from)
  return async (stretch) => {
    if (stretch.last <= stretch.from) return []
    if (!read.has(stretch)) {
      const next: Stretch[] = []
      let count = 0
      while (ahead[0] && (next.length === 0 || count + ahead[0].last - ahead[0].from <= pageEvents)) {
        const one = ahead.shift() as Stretch
        count += one.last - one.from
        next.push(one)
      }
      const rows = await ask<EventRow & { of: number }>(readStretches, [
        next.map(({ room }) => room),
        next.map(({ from }) => from),
        pageEvents,
      ])
      const events = await toEvents(ask, rows)
      next.forEach((one, i) => {
        read.set(
          one,
          events.filter((_, at) => rows[at]?.of === i + 1),
        )
      })
    }
    return read.get(stretch) ?? []
  }
}

async function forward(ask: Ask, room: string, seq: number, { since }: Seen, limit: number, left: { bytes: number }): Promise<Page> {
  const found = await ask<EventRow>(readAfter, [room, seq, since, limit + 1])
  const events = withinBudget(await toEvents(ask, found.slice(0, limit)), left)
  return { events, more: events.length < found.length }
}

async function backward(ask: Ask, room: string, seq: number, { since }: Seen, limit: number, left: { bytes: number }): Promise<Page> {
  const found = await ask<EventRow>(readBefore, [room, seq, since, limit + 1])
  const events = withinBudget(await toEvents(ask, found.slice(0, limit)), left).reverse()
  return { events, more: events.length < found.length }
}

async function toEvents(ask: Ask, rows: EventRow[]): Promise<RoomEvent[]> {
  // Only what has changed since it was posted can have reactions.
  const changed = rows.filter(({ kind, rev }) => kind === 'message' && rev !== null)
  if (changed.length === 0) return rows.map((row) => toEvent(row))
  const found = await ask<{ room: string; seq: number; emoji: string; account: string }>(readReactions, [
    changed.map(({ room }) => room),
    changed.map(({ seq }) => seq),
  ])
  const byRoom = new Map([...Map.groupBy(found, ({ room }) => room)].map(([room, of]) => [room, groupReactions(of)]))
  return rows.map((row) => toEvent(row, byRoom.get(row.room)?.get(row.seq)))
}

const readViews = `
  select r.id, r.kind, coalesce(h.last, 0) as last, coalesce(h.n, 0) as n, m.since
  from room r left join head h on h.room = r.id left join member m on m.room = r.id and m.account = $1 where r.id = any($2::text[])`

const readIds = `
  select e.room, e.seq, e.id from unnest($1::text[], $2::bigint[]) as asked(room, seq)
  cross join lateral (select * from event e where e.room = asked.room and e.seq = asked.seq limit 1) e`

const readStretches = `
  select e.*, asked.of from unnest($1::text[], $2::bigint[]) with ordinality as asked(room, after, of)
  cross join lateral (select * from event e where e.room = asked.room and e.seq > asked.after order by e.seq limit $3) e
  order by asked.of, e.seq`

const readAfter = "select * from event where room = $1 and seq > $2 and seq >= $3 and kind = 'message' order by seq limit $4"
const readBefore = "select * from event where room = $1 and seq < $2 and seq >= $3 and kind = 'message' order by seq desc limit $4"

const readReactions = `
  select r.room, r.seq, r.emoji, r.account from unnest($1::text[], $2::bigint[]) as asked(room, seq)
  join reaction r on r.room = asked.room and r.seq = asked.seq order by r.at, r.account`

const readStates = `
  select r.*, m.role, m.read, m.read_n, coalesce(h.last, 0) as last, coalesce(h.n, 0) as n,
    (select count(*) from mention x where x.account = m.account and x.room = m.room and x.seq > m.read) as mentions
  from member m join room r on r.id = m.room left join head h on h.room = r.id
  where m.account = $1 and ($2::text is null or m.room = $2) order by r.fold, r.id`

const readPeople = `
  select m.room, m.account, a.display from member m join account a on a.id = m.account
  where m.room = any($1::text[]) order by m.account`
