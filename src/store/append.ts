import type { RefusalCode } from '../protocol/codes.ts'
import type { LeftWhy, RoomEvent, RoomKind, RoomRole } from '../protocol/events.ts'

/** Something that becomes an event of a room. `names` are the @names in a text, folded; the store finds the members. */
export type Act =
  | { act: 'post'; key: string; text: string; replyTo?: number; names: string[] }
  | { act: 'edit'; key: string; target: number; text: string; names: string[] }
  | { act: 'remove'; key: string; target: number }
  | { act: 'react'; key: string; target: number; emoji: string; on: boolean }
  | { act: 'create'; name: string; kind: RoomKind; topic: string; direct?: string; members: { account: string; role: RoomRole }[] }
  /** The account enters a public room by itself. */
  | { act: 'join' }
  | { act: 'leave' }
  /** A member brings another in, or shows one out. */
  | { act: 'add'; account: string; role: RoomRole }
  | { act: 'expel'; account: string; why: LeftWhy }
  | { act: 'role'; account: string; role: RoomRole }
  | { act: 'rename'; name: string }
  | { act: 'topic'; topic: string }
  | { act: 'archive'; on: boolean }
  /** Moves the own read mark forward; makes no event. */
  | { act: 'read'; seq: number }

/** The rule that the append checks in its transaction: which roles may, on their own and on others' messages. */
export interface Allowed {
  own: readonly RoomRole[]
  any: readonly RoomRole[]
}

export interface Entry {
  room: string
  /** Who does it: an account id, or `parley` for the operator, who is asked for no role. */
  by: string
  /** The login it comes from; it must not have ended. Absent only for the operator. */
  login?: string
  /** ms since 1970, the server's clock. */
  at: number
  allowed: Allowed
  /** Only look for the key; when it is new, refuse with `rate_limited`. */
  known?: true
  do: Act
}

export type Outcome =
  | { seq: number; id: string; at: number; duplicate?: true; event?: RoomEvent }
  | { read: number; readN: number; moved: boolean }
  | { refused: RefusalCode; message?: string }

/** What one commit added to one room, in order: what the fan-out sends. */
export interface Landed {
  room: string
  last: number
  n: number
  events: RoomEvent[]
}

/**
 * The hot path into the store. Entries that arrive while a commit runs share the next one; an outcome is
 * known only when its commit is on disk.
 */
export interface Append {
  /** @throws Refusal `unavailable` when nothing was written. */
  append(entry: Entry): Promise<Outcome>
  /** Called once per commit, before the outcomes of that commit resolve. */
  onLanded(listener: (landed: Landed[]) => void): void
}
