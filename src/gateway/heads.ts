import type { Rooms } from '../chat/rooms.ts'
import type { RoomEvent, RoomState } from '../protocol/events.ts'
import type { Audience } from './audience.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import type { AccountSeat } from './seats.ts'
import { answer, hint } from './wire.ts'

interface Deps {
  hub: () => Hub
  rooms: Pick<Rooms, 'find'>
  failed: (error: unknown) => void
}
type Head = { room: string; last: number; n: number; mentions: number }

/**
 * What members hear of rooms that they do not have open, and of their own marks: merged, at most once a second.
 * A busy room costs its members one line a second, not one a message.
 */
export function createHeads({ hub, rooms, failed }: Deps) {
  /** Rooms in which something was said since, and whom it names. */
  const moved = new Map<Audience, Set<string>>()
  const ownMarks = new Map<AccountSeat, Map<string, { read: number; readN: number }>>()
  const changed = new Map<string, Set<string> | 'all'>()
  let armed = false

  function mentionedIn(audience: Audience): Set<string> {
    const mentioned = moved.get(audience) ?? new Set()
    moved.set(audience, mentioned)
    return mentioned
  }

  /** Somebody was greeted with an older head of it, and may have been named since. */
  function passed(audience: Audience, account: string): void {
    mentionedIn(audience).add(account)
  }

  function headMoved(audience: Audience, events: RoomEvent[]): void {
    const mentioned = mentionedIn(audience)
    for (const event of events) {
      if (event.kind !== 'message') continue
      if (event.mentions) for (const account of event.mentions) mentioned.add(account)
      const author = hub().accounts.get(event.by)
      if (author) noteMark(author, audience, event.seq, event.n)
    }
  }

  /** A post moves its author's own mark; the author's other devices hear of it here. The only one, which has just been given the post, knows. */
  function noteMark(seat: AccountSeat, { room, live }: Audience, read: number, readN: number): void {
    seat.marks.set(room, Math.max(seat.marks.get(room) ?? 0, read))
    const { connections } = seat
    if (connections.size === 1 && connections.isSubsetOf(live)) return
    const marks = ownMarks.get(seat) ?? new Map()
    ownMarks.set(seat, marks.set(room, { read, readN }))
  }

  function roomChanged(room: string, account?: string): void {
    const known = changed.get(room)
    if (account === undefined || known === 'all') changed.set(room, 'all')
    else changed.set(room, (known ?? new Set()).add(account))
    if (armed) return
    armed = true
    setImmediate(tellChanges)
  }

  let ticking: Promise<void> | undefined
  /** Once a second; while one is still at it, it stands for the next: what has moved waits for the one after. */
  function tick(): Promise<void> {
    ticking ??= tellAway().finally(() => {
      ticking = undefined
    })
    return ticking
  }

  async function tellAway(): Promise<void> {
    await tellHeads()
    for (const [seat, marks] of ownMarks) {
      const rooms = [...marks].map(([room, mark]) => ({ room, ...mark })).filter(isStillIn(seat))
      if (rooms.length === 0) continue
      const frame = answer({ type: 'marks', rooms })
      for (const connection of seat.connections) if (connection.welcomed) connection.put(frame)
    }
    ownMarks.clear()
  }

  async function tellHeads(): Promise<void> {
    const lists = new Map<Connection, Head[]>()
    const now = [...moved]
    moved.clear()
    for (const [audience, mentioned] of now) {
      for (const seat of audience.members) {
        const away = [...seat.connections].filter((one) => one.welcomed && !one.behind && isAway(one, audience))
        if (away.length === 0) continue
        const head = await headOf(seat, audience, mentioned.has(seat.account.id))
        for (const one of away) lists.set(one, [...(lists.get(one) ?? []), head])
      }
    }
    for (const [connection, heads] of lists) tell(connection, heads)
  }

  /** Of all rooms that it does not have open. */
  async function tellAll(connection: Connection): Promise<void> {
    const { account: seat } = connection
    const heads: Head[] = []
    for (const room of seat.rooms ?? []) {
      const audience = hub().audiences.get(room)
      if (audience && audience.last >= 0 && isAway(connection, audience)) heads.push(await headOf(seat, audience))
    }
    tell(connection, heads)
  }

  async function headOf(seat: AccountSeat, audience: Audience, isMentioned = false): Promise<Head> {
    const { room } = audience
    const mentions = isMentioned || seat.mentions?.has(room) ? await countMentions(seat, room) : 0
    return { room, last: audience.last, n: audience.n, mentions }
  }

  function tell(connection: Connection, heads: Head[]): void {
    const rooms = heads.filter(isStillIn(connection.account))
    if (rooms.length > 0) connection.put(hint({ type: 'heads', rooms }))
  }

  /** Counted by the store, remembered only as "there are some". */
  async function countMentions(seat: AccountSeat, room: string): Promise<number> {
    const state = await find(seat.account.id, room)
    const some = seat.mentions ?? new Set()
    seat.mentions = some
    if (state?.mentions) some.add(room)
    else some.delete(room)
    return state?.mentions ?? 0
  }

  /** One after the other: however often a large room changes, its members cost one question at a time. */
  async function tellChanges(): Promise<void> {
    try {
      for (const [room, who] of changed) {
        changed.delete(room)
        await tellChange(room, who)
      }
    } finally {
      armed = false
    }
  }

  async function tellChange(room: string, who: Set<string> | 'all'): Promise<void> {
    const seats = [...(hub().audiences.get(room)?.members ?? [])].filter((seat) => who === 'all' || who.has(seat.account.id))
    for (const seat of seats) {
      const state = await find(seat.account.id, room)
      if (!state || !isStillIn(seat)({ room })) continue
      for (const connection of seat.connections) if (connection.welcomed) connection.put(answer({ type: 'room', room: state }))
    }
  }

  async function find(account: string, room: string): Promise<RoomState | undefined> {
    try {
      return await rooms.find(account, room)
    } catch (error) {
      failed(error)
      return undefined
    }
  }

  return { headMoved, passed, roomChanged, tick, tellAll }
}

const isAway = (connection: Connection, { live, opening }: Audience): boolean => !live.has(connection) && !opening.has(connection)

/** Whether a room may still be told of: the store has been asked meanwhile, and after the own `left` nothing follows. */
const isStillIn =
  ({ rooms }: AccountSeat) =>
  ({ room }: { room: string }): boolean =>
    rooms?.has(room) ?? false

export type Heads = ReturnType<typeof createHeads>
