import type { BusMessage, PresentNews } from '../bus/bus.ts'
import type { Presence } from '../chat/presence.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import type { AccountSeat } from './seats.ts'
import { answer, hint } from './wire.ts'

/** In rooms larger than this nobody is told who comes and goes: it would cost more than the messages. */
const presenceRoom = 200
/** People named in the presence that follows a welcome. */
const greeted = 1000

/** What is told to people rather than to rooms: typing, presence, read marks of one's other devices. */
export function createBroadcasts({ hub, presence }: { hub: Hub; presence: Pick<Presence, 'of' | 'hear' | 'elsewhere'> }) {
  function typing(room: string, account: string): void {
    const frame = hint({ type: 'typing', room, account })
    for (const connection of hub.audiences.get(room)?.live ?? []) {
      if (!connection.behind && connection.account.account.id !== account) connection.put(frame)
    }
  }

  function neighbours(rooms: Iterable<string>): Set<AccountSeat> {
    const seats = new Set<AccountSeat>()
    for (const room of rooms) {
      const members = hub.audiences.get(room)?.members
      if (members && members.size <= presenceRoom) for (const seat of members) seats.add(seat)
    }
    return seats
  }

  function present({ account, state, rooms }: PresentNews): void {
    const frame = hint({ type: 'presence', accounts: [{ account, state }] })
    for (const seat of neighbours(rooms)) {
      for (const connection of seat.connections) if (connection.welcomed && !connection.behind) connection.put(frame)
    }
  }

  function marks(account: string, room: string, read: number, readN: number): void {
    const seat = hub.accounts.get(account)
    if (!seat) return
    if (seat.rooms?.has(room)) seat.marks.set(room, Math.max(seat.marks.get(room) ?? 0, read))
    const frame = answer({ type: 'marks', rooms: [{ room, read, readN }] })
    for (const connection of seat.connections) if (connection.welcomed) connection.put(frame)
  }

  return {
    hear(message: BusMessage): void {
      if (message.kind === 'typing') typing(message.room, message.account)
      else if (message.kind === 'marks') marks(message.account, message.room, message.read, message.readN)
      else for (const news of presence.hear(message)) present(news)
    },
    present,
    /** Who of the people that a newcomer shares a room with is there. */
    greet(connection: Connection): void {
      const rooms = connection.account.rooms ?? new Set()
      const people = new Set([...neighbours(rooms)].map(({ account }) => account.id))
      for (const room of rooms) for (const account of presence.elsewhere(room, presenceRoom)) people.add(account)
      const accounts = [...people]
        .slice(0, greeted)
        .map((account) => ({ account, state: presence.of(account) }))
        .filter(({ state }) => state !== 'offline')
      if (accounts.length > 0) connection.put(hint({ type: 'presence', accounts }))
    },
  }
}
