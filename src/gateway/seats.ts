import type { Login } from '../identity/logins.ts'
import type { Account } from '../protocol/events.ts'
import type { Connection } from './connection.ts'

/** A login as this node sees it while it has connections here. */
export interface LoginSeat {
  /** As read at the door and by the last sweep; the store is the authority. */
  login: Login
  readonly connections: Set<Connection>
  /** ms since 1970 of the last act that counts as activity. */
  activeAt: number
  /** `activeAt` is newer than what the store knows. */
  untold: boolean
}

/** An account as this node sees it while it has connections here. */
export interface AccountSeat {
  account: Account
  readonly connections: Set<Connection>
  /** Its rooms; undefined until they have been read once. */
  rooms: Set<string> | undefined
  /** Rooms in which it has unread mentions, as far as this node knows. */
  mentions?: Set<string>
  /** Its read marks, as far as this node has heard. */
  readonly marks: Map<string, number>
  /** How often a room came or went: what was read of it before is older than that. */
  changes: number
  /** Rooms that came (true) or went (false) while they were being read. */
  readonly meanwhile: Map<string, boolean>
}
