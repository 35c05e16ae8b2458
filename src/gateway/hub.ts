import type { Login } from '../identity/logins.ts'
import type { CloseReason } from '../protocol/codes.ts'
import type { RoomEvent } from '../protocol/events.ts'
import { Audience } from './audience.ts'
import type { Connection } from './connection.ts'
import type { AccountSeat, LoginSeat } from './seats.ts'
import { answer } from './wire.ts'

interface Landed {
  room: string
  last: number
  n: number
  events: RoomEvent[]
}
/** A room and how far it had come when it was read. */
type Reached = Pick<Landed, 'last' | 'n'> & { id: string; read: number }
/** Something about a room that its members' room lists show has changed; `account` when only one of them sees it. */
export type RoomChanged = (room: string, account?: string) => void

/** What room lists show of a room, but for who is in it. */
const shown: ReadonlySet<RoomEvent['kind']> = new Set(['role', 'renamed', 'topic', 'archived'] as const)

interface Deps {
  roomChanged: RoomChanged
  /** Messages came for members who may not have the room open. */
  headMoved: (audience: Audience, events: RoomEvent[]) => void
  delivered: (events: number) => void
}

/** Who is connected here, and to whom what goes: by connection, login, account and room. */
export function createHub({ roomChanged, headMoved, delivered }: Deps) {
  const connections = new Map<string, Connection>()
  const logins = new Map<string, LoginSeat>()
  const accounts = new Map<string, AccountSeat>()
  const audiences = new Map<string, Audience>()

  function audience(room: string): Audience {
    const there = audiences.get(room) ?? new Audience(room)
    audiences.set(room, there)
    return there
  }

  function sweep(room: string): void {
    if (audiences.get(room)?.isEmpty) audiences.delete(room)
  }

  function seats(login: Login): { login: LoginSeat; account: AccountSeat } {
    const account = accounts.get(login.account.id) ?? {
      account: login.account,
      connections: new Set(),
      rooms: undefined,
      marks: new Map(),
      changes: 0,
      meanwhile: new Map(),
    }
    const seat = logins.get(login.id) ?? {
      login,
      connections: new Set(),
      activeAt: login.lastSeenAt,
      untold: false,
    }
    return { login: seat, account }
  }

  function add(connection: Connection): void {
    connections.set(connection.id, connection)
    logins.set(connection.login.login.id, connection.login)
    connection.login.connections.add(connection)
    accounts.set(connection.account.account.id, connection.account)
    connection.account.connections.add(connection)
  }

  function remove(connection: Connection): void {
    if (!connections.delete(connection.id)) return
    for (const room of [...connection.open]) shut(connection, room)
    const { login, account } = connection
    login.connections.delete(connection)
    if (login.connections.size === 0) logins.delete(login.login.id)
    account.connections.delete(connection)
    if (account.connections.size > 0) return
    accounts.delete(account.account.id)
    for (const room of account.rooms ?? account.meanwhile.keys()) {
      audiences.get(room)?.members.delete(account)
      sweep(room)
    }
  }

  function shut(connection: Connection, room: string): void {
    connection.open.delete(room)
    connection.behind?.delete(room)
    audiences.get(room)?.leave(connection)
    sweep(room)
  }

  /** The rooms of an account, as just read; what changed while they were being read is newer. Once known they are kept up to date. */
  function seat(account: AccountSeat, rooms: Reached[]): Set<string> {
    if (account.rooms) return account.rooms
    const known = new Set(rooms.map(({ id }) => id).filter((room) => account.meanwhile.get(room) !== false))
    for (const [room, isIn] of account.meanwhile) if (isIn) known.add(room)
    account.meanwhile.clear()
    account.rooms = known
    for (const room of known) audience(room).members.add(account)
    for (const room of rooms) if (known.has(room.id)) reached(account, room)
    return known
  }

  /** How far a room and its reader had come, where this node has not heard anything newer. */
  function reached(account: AccountSeat, { id, last, n, read }: Reached): void {
    account.marks.set(id, Math.max(account.marks.get(id) ?? 0, read))
    const there = audience(id)
    if (there.last < 0) Object.assign(there, { last, n })
  }

  function came(room: string, id: string): void {
    const account = accounts.get(id)
    if (!account) return
    account.changes++
    if (account.rooms) account.rooms.add(room)
    else account.meanwhile.set(room, true)
    audience(room).members.add(account)
    roomChanged(room, id)
  }

  /** Out of the room before anything later is delivered: the own `left` was the last. */
  function went(room: string, id: string): void {
    const account = accounts.get(id)
    if (!account) return
    account.changes++
    account.marks.delete(room)
    if (account.rooms) account.rooms.delete(room)
    else account.meanwhile.set(room, false)
    audiences.get(room)?.members.delete(account)
    for (const connection of account.connections) {
      shut(connection, room)
      if (connection.welcomed) connection.put(answer({ type: 'room', room: { id: room, gone: true } }))
    }
    sweep(room)
  }

  /** What one commit brought to one room. A change of who is in it divides the batch: before, and after. */
  function land({ room, last, n, events }: Landed): void {
    let from = 0
    let told = 0
    let changed = -1
    events.forEach((event, i) => {
      if (event.kind === 'left') {
        told += audiences.get(room)?.tell(events.slice(from, i + 1)) ?? 0
        from = i + 1
        went(room, event.account)
      } else if (event.kind === 'joined') came(room, event.account)
      else if (shown.has(event.kind)) {
        roomChanged(room, event.kind === 'role' ? event.account : undefined)
        changed = event.seq
      }
    })
    const there = audiences.get(room)
    if (there) {
      there.last = last
      there.n = n
      there.changed = Math.max(there.changed, changed)
      told += there.tell(from === 0 ? events : events.slice(from))
      headMoved(there, events)
    }
    if (told > 0) delivered(told)
  }

  /** Ends the connections of a login here. Returns how many there were, when their last bytes are out. */
  async function end(login: string, reason: CloseReason): Promise<number> {
    const all = [...(logins.get(login)?.connections ?? [])]
    await Promise.all(
      // Found here until its last bytes are out: whoever ends it a second time waits for them as well.
      all.map((connection) => connection.end(reason).finally(() => remove(connection))),
    )
    return all.length
  }

  return { connections, logins, accounts, audiences, audience, seats, add, remove, shut, seat, reached, came, went, land, end }
}

export type Hub = ReturnType<typeof createHub>
