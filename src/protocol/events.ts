/** Role of a member in one room. */
export type RoomRole = 'owner' | 'moderator' | 'member'
/** Role of an account on this server. */
export type AccountRole = 'admin' | 'member'
export type RoomKind = 'public' | 'private' | 'direct'
export type LeftWhy = 'left' | 'removed' | 'banned'

/** Who reacted with what; `accounts` are ids, in the order in which they reacted. */
export interface Reaction {
  emoji: string
  accounts: string[]
}

interface Durable {
  /** The number in the room: 1, 2, 3 … without gaps. */
  seq: number
  id: string
  /** The account that did it (an id; `parley` for the operator). */
  by: string
  /** ms since 1970. */
  at: number
  /** The sender's own name for it. */
  key?: string
}

export interface MessageEvent extends Durable {
  kind: 'message'
  /** Its number among the room's messages. */
  n: number
  /** Absent once removed. */
  text?: string
  replyTo?: number
  mentions?: string[]
  /** Only in pages: seq of the last change that this form already contains. */
  rev?: number
  reactions?: Reaction[]
  /** The text is not the first one. */
  edited?: true
  removed?: true
}

export type RoomEvent =
  | MessageEvent
  | (Durable & { kind: 'edited'; target: number; text: string })
  | (Durable & { kind: 'removed'; target: number })
  | (Durable & { kind: 'reacted'; target: number; emoji: string; on: boolean })
  | (Durable & { kind: 'joined'; account: string; role?: RoomRole })
  | (Durable & { kind: 'left'; account: string; why: LeftWhy })
  | (Durable & { kind: 'role'; account: string; role: RoomRole })
  | (Durable & { kind: 'renamed'; name: string })
  | (Durable & { kind: 'topic'; topic: string })
  | (Durable & { kind: 'archived'; on: boolean })
  | (Durable & { kind: 'pinned'; target: number; on: boolean })

/** A room as one of its members sees it. Unread = n − readN. */
export interface RoomState {
  id: string
  name: string
  kind: RoomKind
  topic?: string
  archived?: true
  last: number
  n: number
  read: number
  readN: number
  /** Unread messages that name me. */
  mentions: number
  role: RoomRole
  /** Direct rooms: the accounts in it. */
  accounts?: string[]
}

export interface Account {
  id: string
  name: string
  display: string
  role: AccountRole
}
