import type { Config, Fault } from '../../config.ts'
import type { examining } from '../../house.ts'
import type { SecretRow } from '../../store/schema.ts'
import type { ActResult } from '../acts.ts'
import type { Finding, FindingId } from './finding.ts'
import type { Front } from './proxies.ts'
import type { Session } from './session.ts'
import type { Visit } from './visit.ts'

/** What the checks measure with; a test puts a full disk or a wrong clock in its place. */
export interface Instruments {
  /** ms since 1970. */
  now: () => number
  /** ms that never jump. */
  monotonic: () => number
  /** Bytes, of the file system that a path is on. */
  space: (path: string) => Promise<{ free: number; total: number; type: number }>
  /** Writes into a folder as the store does, synced, and takes it away again; what it throws is what the store would meet. */
  trial: (dir: string) => Promise<void>
  /** How many files and sockets a process may have open; undefined where nobody says. */
  openFiles: (pid: number) => number | undefined
  /** Whether this master key, as text, opens these rows of the store. @throws Error when it is no such key */
  opens: (secrets: SecretRow[], key: string) => boolean
  /** What a database says of itself. @throws what the driver says when it cannot be reached */
  postgres: (typeof examining)['postgres']
  /** The version of Node, without the `v`. */
  node: string
}

/** What is looked at, as far as it is known before the first check. */
export interface Patient {
  root: string
  config: Config
  warnings: readonly Fault[]
  /** Undefined when no server runs. */
  server: ActResult<'status'> | undefined
  /** The address that people type. */
  url: URL
  /** Seconds for which a silent socket is held; 0 = only a ping and a pong. */
  idle: number
  instruments: Instruments
}

/** The same, met at its public address. */
export interface Guest extends Patient {
  server: ActResult<'status'>
  visit: Visit
  proxy: Front
  /** Undefined as long as there is no account: then nobody can sign in, the doctor included. */
  session: Session | undefined
}

export type Look = (patient: Patient) => Promise<Finding[]> | Finding[]

/** A check of this machine alone, one of the front door, or one of what lies behind it: when the door is not ours, that says nothing. */
export type Check = { ids: readonly FindingId[] } & (
  | { at: 'home'; look: Look }
  | { at: 'door' | 'inside'; look: (guest: Guest) => Promise<Finding[]> }
)
