import { createHash } from 'node:crypto'
import type { Rooms } from '../chat/rooms.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'
import type { Order } from './order.ts'
import type { AccountSeat } from './seats.ts'
import { answer } from './wire.ts'

/** What the store says of many rooms and accounts in one question. */
export interface Lookout {
  /** How far these rooms have come. */
  heads(rooms: string[]): Promise<{ room: string; last: number; n: number }[]>
  /** Of each account: the sum of `checkOf` over its rooms, and of its read marks. */
  digests(accounts: string[]): Promise<{ account: string; rooms: number; read: number }[]>
}

interface Deps {
  hub: Hub
  order: Pick<Order, 'reached'>
  rooms: Pick<Rooms, 'list'>
  lookout: Lookout
  /** Sends it away to come back at once. */
  desync: (connection: Connection) => void
  failed: (error: unknown) => void
}

/** ms that news may take: an account that differs from the store is looked at again before anything is done about it. */
const underWay = 400

/** The first 32 bits of the SHA-256 of a room's id; the store computes the same. */
export const checkOf = (room: string): number => createHash('sha256').update(room).digest().readUInt32BE(0)

/**
 * What the road between nodes has lost is found in the store: rooms that have come further than was told here, rooms that people came
 * into or went out of, marks that moved on other nodes. Everyone connected here is looked at in a few questions, however many there are.
 */
export function createRepair({ hub, order, rooms, lookout, desync, failed }: Deps) {
  const checks = new Map<string, number>()
  let running: Promise<void> | undefined
  let isAskedAgain = false

  async function look(): Promise<void> {
    const told = new Map([...hub.audiences.values()].filter(({ last }) => last >= 0).map(({ room, last }) => [room, last]))
    for (const head of await lookout.heads([...told.keys()]))
      if (head.last < (told.get(head.room) ?? 0)) wentBack(head)
      else order.reached(head)
    const suspects = await differing([...hub.accounts.values()])
    if (suspects.length === 0) return
    await new Promise((resolve) => setTimeout(resolve, underWay))
    for (const seat of await differing(suspects)) await reconcile(seat)
  }

  /** What was told is not in the store any more: another database took over without it. Whoever has it open asks again from what he holds. */
  function wentBack({ room, last, n }: { room: string; last: number; n: number }): void {
    const there = hub.audiences.get(room)
    if (!there) return
    Object.assign(there, { last, n })
    for (const connection of [...there.live, ...there.opening.keys()]) desync(connection)
  }

  async function differing(seats: AccountSeat[]): Promise<AccountSeat[]> {
    const known = seats.filter((seat) => seat.rooms !== undefined && hub.accounts.get(seat.account.id) === seat)
    const told = new Map((await lookout.digests(known.map(({ account }) => account.id))).map((one) => [one.account, one]))
    return known.filter((seat) => {
      const { rooms, read } = digestOf(seat)
      const there = told.get(seat.account.id) ?? { rooms: 0, read: 0 }
      return there.rooms !== rooms || there.read !== read
    })
  }

  function digestOf(seat: AccountSeat): { rooms: number; read: number } {
    if (checks.size > 100_000) checks.clear()
    let [sum, read] = [0, 0]
    for (const room of seat.rooms ?? []) {
      const check = checks.get(room) ?? checkOf(room)
      checks.set(room, check)
      sum += check
      read += seat.marks.get(room) ?? 0
    }
    return { rooms: sum, read }
  }

  async function reconcile(seat: AccountSeat): Promise<void> {
    const { id } = seat.account
    const before = seat.changes
    const list = await rooms.list(id)
    // Something came or went while it was being read: the next look knows more.
    if (seat.changes !== before || hub.accounts.get(id) !== seat || !seat.rooms) return
    const now = new Set(list.map((room) => room.id))
    for (const room of [...seat.rooms]) if (!now.has(room)) hub.went(room, id)
    for (const room of list) if (!seat.rooms.has(room.id)) hub.came(room.id, id)
    const moved = list.filter((room) => room.read > (seat.marks.get(room.id) ?? 0))
    for (const room of list) hub.reached(seat, room)
    if (moved.length === 0) return
    const frame = answer({ type: 'marks', rooms: moved.map(({ id: room, read, readN }) => ({ room, read, readN })) })
    for (const connection of seat.connections) if (connection.welcomed) connection.put(frame)
    for (const { id: room, mentions } of moved) if (mentions === 0) seat.mentions?.delete(room)
  }

  /** Whatever is asked for while a look is under way is one look more, behind it. */
  function now(): Promise<void> {
    if (running) {
      isAskedAgain = true
      return running
    }
    running = look()
      .catch(failed)
      .finally(() => {
        running = undefined
        if (!isAskedAgain) return
        isAskedAgain = false
        void now()
      })
    return running
  }

  return { now }
}
