import type { Generated } from 'kysely'
import type { AccountRole, LeftWhy, RoomKind, RoomRole } from '../protocol/events.ts'

/** All times are ms since 1970; all ids are random text; hashes are SHA-256, base64url. */
export interface Tables {
  account: AccountRow
  login: LoginRow
  web_session: { id: string; login: string | null; data: string; expires_at: number }
  used_ticket: { jti: string; expires_at: number }
  invite: InviteRow
  secret: SecretRow
  meta: { name: string; value: string }
  node: NodeRow
  audit: AuditRow
  room: RoomRow
  head: { room: string; last: number; n: number }
  member: MemberRow
  event: EventRow
  reaction: { room: string; seq: number; emoji: string; account: string; at: number }
  mention: { account: string; room: string; seq: number }
}

export interface AccountRow {
  id: string
  /** As typed; `fold` (lower case, NFKC) is unique. */
  name: string
  fold: string
  display: string
  role: AccountRole
  /** PHC string of argon2id; null = cannot sign in with a password. */
  password: string | null
  created_at: number
  disabled_at: number | null
}

/** The authority on who is signed in. Ended once, ended for good: nothing ever clears `ended_at`. */
export interface LoginRow {
  /** The login handle: 128 random bits. */
  id: string
  account: string
  credential: 'cookie' | 'token'
  /** What the person sees: browser and system, or what the operator called it. */
  label: string
  address: string
  created_at: number
  last_seen_at: number
  /** Absolute end; no renewal moves it. */
  expires_at: number
  /** Idle limit; 0 = none (tokens). */
  idle_ms: number
  ended_at: number | null
  ended_why: EndedWhy | null
  /** The key of the ring that its cookie or its token is signed with, as far as that is known. */
  kid: string | null
}

export type EndedWhy =
  | 'signed_out'
  | 'ended'
  | 'password_changed'
  | 'account_disabled'
  | 'role_lowered'
  | 'key_retired'
  | 'idle'
  | 'absolute'

export interface InviteRow {
  /** Hash of the code in the link. */
  code: string
  kind: 'setup' | 'invite'
  room: string | null
  created_by: string
  created_at: number
  expires_at: number
  /** How often it can still be used. */
  uses: number
}

export interface SecretRow {
  /** `kid` for token keys. */
  id: string
  kind: 'token' | 'cookie'
  state: 'next' | 'active' | 'retiring'
  /** Sealed with the master key (AES-256-GCM), base64url. */
  sealed: string
  created_at: number
  /** When it came into its present state. */
  since: number
  /** Token keys: the latest end of what it signed for longer than `token.life` may be; 0 = nothing. */
  signed_until: number
}

/** A running process over a store that several share; how its lease is read is in nodes/roster.ts. */
export interface NodeRow {
  id: string
  started_at: number
  /** How often its lease was renewed: a count, so that nobody's clock is asked. */
  renewed: number
  /** The row of the audit log up to which it has acted. */
  seen: number
}

/** Written once, never changed: the store itself refuses to. */
export interface AuditRow {
  /** 1, 2, 3 … without a hole. */
  seq: number
  at: number
  event: string
  /** Who did it: an account id, `operator`, or `parley` for the server by itself. */
  who: string
  /** Whom or what it was done to: the id of an account, a room, a key. */
  what: string | null
  address: string | null
  login: string | null
  request: string | null
  /** JSON of what only some events have. */
  extra: string | null
  /** The hash of the row before. */
  prev: string
  /** Over everything else in the row. */
  hash: string
}

export interface RoomRow {
  id: string
  name: string
  fold: string
  kind: RoomKind
  topic: string
  /** Direct rooms: the sorted account ids, so that the same people get the same room. */
  direct: string | null
  archived_at: number | null
  created_by: string
  created_at: number
}

export interface MemberRow {
  room: string
  account: string
  role: RoomRole
  /** First seq that this member may read (1, or the own `joined` in a private room). */
  since: number
  read: number
  read_n: number
}

export interface EventRow {
  rowid: Generated<number>
  room: string
  seq: number
  id: string
  kind: string
  account: string
  at: number
  key: string | null
  /** Number of messages in the room up to and with this event. */
  n: number
  /** message: as posted · edited: new text · reacted: emoji · renamed/topic: name or topic · left: whose account. Blank once removed. */
  text: string
  /** seq that edited/removed/reacted/pinned speak of; replyTo of a message. */
  target: number | null
  /** JSON of what only some kinds have: mentions, account, role, why, on. */
  extra: string | null
  /** message: the present text, when edited. */
  edited: string | null
  /** message: seq of its last change. */
  rev: number | null
  /** message: 1 when removed. */
  removed: number | null
}

export type { LeftWhy }
