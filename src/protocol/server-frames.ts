import type { RefusalCode } from './codes.ts'
import type { Account, RoomEvent, RoomState } from './events.ts'
import type { WireLimits } from './limits.ts'

export type PresenceState = 'active' | 'away' | 'offline'

/** One room's part of the answer to `open`. `more` = not yet live: open again with the last seq received. */
export type Opened =
  | { room: string; last: number; n: number; events: RoomEvent[]; more: boolean }
  | { room: string; reset: 'gap' | 'future' | 'mismatch'; last: number; n: number }
  | { room: string; refused: RefusalCode }

export interface Posted {
  seq: number
  id: string
  at: number
  duplicate?: true
}

export interface Page {
  events: RoomEvent[]
  more: boolean
}

export interface Refused {
  type: 'refused'
  ref: number
  code: RefusalCode
  message: string
  retryable: boolean
  retryAfterMs?: number
}

/** The fields beside `type` and `ref` in the `ok` to each frame. */
export interface Answers {
  open: { rooms: Opened[] }
  shut: object
  post: Posted
  edit: Posted
  remove: Posted
  react: Posted
  read: object
  history: Page
  join: { seq: number }
  leave: { seq: number }
  typing: object
  presence: object
  renew: { expiresAt: number }
  ping: { now: number }
  bye: object
}

export interface Welcome {
  type: 'welcome'
  protocol: 'parley.v1'
  connection: string
  node: string
  /** Changes when the store was restored: clients then drop their cursors. */
  store: string
  now: number
  beatMs: number
  account: Account
  login: { id: string; expiresAt: number; idleAt?: number; tokenExpiresAt?: number }
  rooms: RoomState[]
  limits: WireLimits
}

export type ServerFrame =
  | Welcome
  | ({ type: 'ok'; ref: number } & Record<string, unknown>)
  | Refused
  | { type: 'events'; room: string; events: RoomEvent[] }
  | { type: 'heads'; rooms: { room: string; last: number; n: number; mentions: number }[] }
  | { type: 'room'; room: RoomState | { id: string; gone: true } }
  | { type: 'marks'; rooms: { room: string; read: number; readN: number }[] }
  | { type: 'typing'; room: string; account: string }
  | { type: 'presence'; accounts: { account: string; state: PresenceState }[] }
  | { type: 'reset'; room: string; last: number; n: number; why: string }
  | { type: 'renew'; before: number }
  | { type: 'beat'; now: number }
  | { type: 'notice'; code: string; message: string }
  | { type: 'bye'; code: number; message: string; reconnectAfterMs?: [number, number] }
