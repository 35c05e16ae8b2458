import type { RoomRole } from '../protocol/events.ts'
import type { AccountRow, EventRow, LoginRow, MemberRow, RoomRow } from './schema.ts'

export interface Head {
  last: number
  n: number
}
export type LoginNow = Pick<LoginRow, 'account' | 'ended_at' | 'expires_at'> & Pick<AccountRow, 'disabled_at'>
export type RoomNow = Pick<RoomRow, 'kind' | 'archived_at'>
export type MemberNow = Pick<MemberRow, 'role' | 'since'>
export type MarkNow = Pick<MemberRow, 'read' | 'read_n'>
export type MessageNow = Pick<EventRow, 'account' | 'removed'>
/** What an event that came with a key said. */
export type Keyed = Pick<EventRow, 'seq' | 'id' | 'at' | 'kind' | 'text' | 'target' | 'extra' | 'removed'>
/** Where an event is, and how many messages there were with it. */
export type Place = Pick<EventRow, 'seq' | 'id' | 'at' | 'n'>

/**
 * What the rules of the append ask of the database, and what they write into it, inside the transaction in hand: whatever an earlier
 * entry of the same transaction wrote is seen by the later ones. Everything is synchronous, so that the rules are written once; what
 * lies behind is the database itself (SQLite) or what was fetched from it under locks (PostgreSQL).
 */
export interface Book {
  login(id: string): LoginNow | undefined
  isEnabled(account: string): boolean
  room(id: string): RoomNow | undefined
  member(account: string, room: string): MemberNow | undefined
  mark(account: string, room: string): MarkNow | undefined
  /** Who comes first when a room needs an owner: an owner, else the oldest moderator, else the oldest member. */
  heir(room: string): Pick<MemberRow, 'account' | 'role'> | undefined
  /** Whether another public room than this bears the name. */
  isNameTaken(fold: string, room: string): boolean
  /** The id of the direct room of these people. */
  directRoom(direct: string): string | undefined
  /** Enabled members of the room by their folded names. */
  membersNamed(room: string, folds: string[]): string[]
  head(room: string): Head
  keyed(room: string, account: string, key: string): Keyed | undefined
  /** Undefined when the event there is no message. */
  message(room: string, seq: number): MessageNow | undefined
  /** @param seq 1 … the head's last */
  place(room: string, seq: number): Place
  hasReacted(account: string, room: string, seq: number, emoji: string): boolean
  /** How many different ones a message has, and whether this is among them. */
  emojis(room: string, seq: number, emoji: string): { n: number; known: boolean }

  addEvent(event: Omit<EventRow, 'rowid'>): void
  moveHead(room: string, head: Head): void
  setMark(account: string, room: string, mark: MarkNow): void
  /** Moves a mark forward, if that is forward, and if there is such a member. */
  advanceMark(account: string, room: string, mark: MarkNow): void
  editMessage(room: string, seq: number, now: { edited: string; extra: string | null; rev: number }): void
  reviseMessage(room: string, seq: number, rev: number): void
  /** Its words are gone, those of its edits too, with its reactions and mentions. */
  blankMessage(room: string, seq: number, rev: number): void
  /** Once more is no fault. */
  addMention(account: string, room: string, seq: number): void
  addReaction(account: string, room: string, seq: number, emoji: string, at: number): void
  dropReaction(account: string, room: string, seq: number, emoji: string): void
  addRoom(room: RoomRow): void
  setName(room: string, name: string, fold: string): void
  setTopic(room: string, topic: string): void
  setArchived(room: string, at: number | null): void
  addMember(member: MemberRow): void
  /** With the mentions that wait for them there. */
  dropMember(account: string, room: string): void
  setRole(account: string, room: string, role: RoomRole): void
}
