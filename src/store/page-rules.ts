import type { RoomEvent, RoomState } from '../protocol/events.ts'
import { newestEvents, pageBytes } from '../protocol/limits.ts'
import type { Opened } from '../protocol/server-frames.ts'
import type { OpenAsk } from './reads.ts'
import type { MemberRow, RoomRow } from './schema.ts'

/** A room and its head as the asking account finds them; `since` is null for one who is not in it. */
export interface View {
  kind: string
  last: number
  n: number
  since: number | null
}
export interface HistoryAsk {
  before?: number
  after?: number
  around?: number
  limit: number
}
export type Unseen = { refused: 'no_such_room' | 'not_member' }
export type Seen = View & { since: number }
export type StateRow = RoomRow & Pick<MemberRow, 'role' | 'read' | 'read_n'> & { last: number; n: number; mentions: number }

/** The room as this account may see it, or why it may not. */
export function seenBy(view: View | undefined): Unseen | Seen {
  if (!view || (view.since === null && view.kind !== 'public')) return { refused: 'no_such_room' }
  if (view.since === null) return { refused: 'not_member' }
  return { ...view, since: view.since }
}

/** After which seq an open goes on, or why it cannot. @param idAt the id of the event at the cursor; not asked for without one */
export function openFrom(seen: Seen, { room, after: cursor, id }: OpenAsk, idAt: () => string | undefined): number | Opened {
  const { last, n, since } = seen
  const from = cursor ?? Math.max(last - newestEvents, since - 1)
  if (from > last) return { room, reset: 'future', last, n }
  if (from < since - 1) return { room, reset: 'gap', last, n }
  if (cursor && id !== undefined && idAt() !== id) return { room, reset: 'mismatch', last, n }
  return from
}

/** @param people who is in a direct room, which has no name of its own. */
export function toState(account: string, row: StateRow, people: { account: string; display: string }[]): RoomState {
  const others = people.filter((person) => person.account !== account)
  return {
    id: row.id,
    name: row.kind === 'direct' ? others.map(({ display }) => display).join(', ') || (people[0]?.display ?? '') : row.name,
    kind: row.kind,
    ...(row.topic === '' ? {} : { topic: row.topic }),
    ...(row.archived_at === null ? {} : { archived: true as const }),
    last: row.last,
    n: row.n,
    read: row.read,
    readN: row.read_n,
    mentions: row.mentions,
    role: row.role,
    ...(row.kind === 'direct' ? { accounts: people.map((person) => person.account) } : {}),
  }
}

/** As many events, in order, as the answer still has room for; the first of an answer always fits. */
export function withinBudget(events: RoomEvent[], left: { bytes: number }): RoomEvent[] {
  const fits: RoomEvent[] = []
  for (const event of events) {
    const bytes = Buffer.byteLength(JSON.stringify(event))
    if (bytes > left.bytes && left.bytes < pageBytes) {
      left.bytes = 0
      break
    }
    left.bytes -= bytes
    fits.push(event)
  }
  return fits
}
