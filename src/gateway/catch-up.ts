import { setImmediate as turnEnd } from 'node:timers/promises'
import type { Messages } from '../chat/messages.ts'
import type { Opened } from '../protocol/server-frames.ts'
import type { Audience, Opening } from './audience.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import type { GatewayMeter, Recovery } from './meter.ts'
import type { Order } from './order.ts'
import { after, answer, eventsFrame, type Frame } from './wire.ts'

interface Ask {
  room: string
  after?: number
  id?: string
}
interface Deps {
  hub: Hub
  messages: Pick<Messages, 'open'>
  order: Pick<Order, 'reached'>
  openRooms: () => number
  /** Rooms that it does not have open: nobody has told it of them while it was behind. */
  tellHeads: (connection: Connection) => Promise<void>
  meter: Pick<GatewayMeter, 'fellBehind' | 'recovered'>
}
/** What was read of a room; when `live`, everything that landed since is in `tail` and all later comes by itself. */
interface Read {
  opened: Opened
  live: boolean
  tail: Frame[]
}

/** From a cursor to live, without a hole and without a double: for `open`, and for readers who fell behind. */
export function createCatchUp({ hub, messages, order, openRooms, tellHeads, meter }: Deps) {
  /** Listens first, then reads. Undefined where the connection was shown out, or asked again, meanwhile. */
  async function read(connection: Connection, asks: Ask[]): Promise<(Read | undefined)[]> {
    const heard = asks.map(({ room }) => {
      const audience = hub.audience(room)
      connection.open.add(room)
      return { audience, opening: audience.listen(connection) }
    })
    try {
      const answers = await messages.open(connection.account.account.id, asks)
      return heard.map(({ audience, opening }, i) => settle(connection, audience, opening, answers[i] as Opened))
    } catch (error) {
      for (const { audience } of heard) hub.shut(connection, audience.room)
      throw error
    }
  }

  /** All in one turn: whoever becomes live here misses nothing between the page and the first live event. */
  function settle(connection: Connection, audience: Audience, opening: Opening, opened: Opened): Read | undefined {
    if (connection.isDead || audience.opening.get(connection) !== opening) return undefined
    audience.opening.delete(connection)
    if (!('events' in opened)) return { opened, live: false, tail: [] }
    const held = opened.events.at(-1)?.seq ?? opened.last
    // A node that did not know the room when this page was begun takes over where another, quicker one ended: what lies between was not heard.
    const heardFrom = opening.frames[0]?.of?.events[0]?.seq ?? audience.last + 1
    if (opened.more || opening.spilt || heardFrom > held + 1) return { opened: { ...opened, more: true }, live: false, tail: [] }
    audience.live.add(connection)
    if (held > audience.last) {
      // Another node wrote it, and the news is still on its way: for those who are live here, but not for this one.
      if (audience.last >= 0) audience.ahead.set(connection, held)
      order.reached(opened)
    }
    return { opened, live: true, tail: opening.frames.flatMap((frame) => after(frame, held) ?? []) }
  }

  /** The answer to `open`, room by room as asked; then what landed while it was being read. */
  async function open(connection: Connection, ref: number, asks: Ask[]): Promise<void> {
    const fresh = asks.filter(({ room }, i) => asks.findIndex((other) => other.room === room) === i)
    let space = openRooms() - connection.open.size
    const allowed = fresh.filter(({ room }) => connection.open.has(room) || space-- > 0)
    for (const { room } of allowed) {
      connection.outlet.drop(room) // it starts again at `after`: what waits would come twice
      connection.behind?.delete(room)
    }
    const reads = allowed.length > 0 ? await read(connection, allowed) : []
    const byRoom = new Map<string, Opened>()
    reads.forEach((one, i) => {
      const { room, after } = allowed[i] as Ask
      byRoom.set(room, one?.opened ?? { room, refused: 'no_such_room' })
      if (one && after !== undefined) meter.recovered(recoveryOf(one.opened))
      if (!one?.live) hub.shut(connection, room)
    })
    connection.put(answer({ type: 'ok', ref, rooms: asks.map(({ room }): Opened => byRoom.get(room) ?? { room, refused: 'room_full' }) }))
    for (const [i, one] of reads.entries()) putTail(connection, (allowed[i] as Ask).room, one?.tail ?? [])
  }

  /** Until the reader falls behind once more: what it has not got by then it gets from the store, and nothing may overtake that. */
  function putTail(connection: Connection, room: string, tail: Frame[]): void {
    for (const frame of tail) {
      if (connection.behind?.has(room)) return
      connection.put(frame)
    }
  }

  /** Its queue has grown too long or too old: what may be dropped is dropped, and the store will be read instead. */
  function fellBehind(connection: Connection): void {
    const dropped = connection.outlet.drop()
    if (!connection.behind) {
      meter.fellBehind()
      connection.put(
        answer({ type: 'notice', code: 'slow_reader', message: 'You read more slowly than the rooms move. Catching up from the store.' }),
      )
    }
    const behind: Map<string, number> = connection.behind ?? new Map()
    connection.behind = behind
    for (const [room, first] of dropped) {
      hub.audiences.get(room)?.leave(connection)
      behind.set(room, Math.min(behind.get(room) ?? first - 1, first - 1))
    }
  }

  /** The socket takes bytes again: a page, and another when that one has gone out, until it is live in every room. */
  async function pull(connection: Connection): Promise<void> {
    if (connection.isPulling) return
    connection.isPulling = true
    try {
      while (connection.behind && !connection.isDead && !connection.outlet.isBlocked) {
        if (connection.behind.size > 0) {
          await pullPage(connection, connection.behind)
          await turnEnd()
        } else {
          connection.behind = undefined
          await tellHeads(connection) // meanwhile it may have fallen behind again, and drained
        }
      }
    } finally {
      connection.isPulling = false
    }
  }

  async function pullPage(connection: Connection, behind: Map<string, number>): Promise<void> {
    const [room, cursor] = behind.entries().next().value as [string, number]
    const [one] = await read(connection, [{ room, after: cursor }])
    if (!one) return // shown out or asked again: whoever did that has said where it goes on, if it does
    if (!('events' in one.opened)) {
      hub.shut(connection, room)
      return connection.put(answer(lost(one.opened)))
    }
    const { events } = one.opened
    // Before anything is put: that may be one frame too many for this reader, who is then behind again.
    if (one.live) behind.delete(room)
    else behind.set(room, events.at(-1)?.seq ?? cursor)
    // Not droppable: it is the only page under way, and dropping it would only ask for it again.
    if (events.length > 0) connection.put(eventsFrame(room, events, false))
    putTail(connection, room, one.tail)
  }

  return { open, pull, fellBehind }
}

const recoveryOf = (opened: Opened): Recovery =>
  'reset' in opened ? opened.reset : 'refused' in opened ? 'refused' : opened.more ? 'more' : 'live'

function lost(opened: Exclude<Opened, { events: unknown }>) {
  if ('reset' in opened) return { type: 'reset', room: opened.room, last: opened.last, n: opened.n, why: opened.reset } as const
  return { type: 'room', room: { id: opened.room, gone: true } } as const
}
