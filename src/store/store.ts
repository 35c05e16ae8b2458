import type { Kysely } from 'kysely'
import type { Append } from './append.ts'
import type { OnCopied } from './copy.ts'
import type { Glance } from './glance.ts'
import type { StoreFacts } from './inspection.ts'
import type { Reads } from './reads.ts'
import type { Tables } from './schema.ts'

/** `waiting`: what is asked and has none yet. */
export interface Connections {
  used: number
  idle: number
  waiting: number
  limit: number
}

/** What Parley remembers, in whichever database. */
export interface Store {
  db: Kysely<Tables>
  /** For the rows that every connection asks for, by their keys. */
  glance: Glance
  /** The same by a way of its own, for what must not wait behind what people ask. */
  aside: Kysely<Tables>
  append: Append
  reads: Reads
  /** Names this store; changes when it is restored from a backup, so that clients drop their cursors. */
  incarnation: string
  /** Names this store and every copy of it: a restore does not change it. */
  lineage: string
  /** A copy of it as it is now, while everyone goes on. @throws NotAStore in words */
  backup(asked: { to: string; replace: boolean; onCopied?: OnCopied }): Promise<StoreFacts>
  /** Writes a little and takes it back: whether there is room again. @throws Refusal `unavailable` · ThreadFault */
  probe(): Promise<void>
  /** What there is of connections to a database, besides the one that appends. Undefined for a file, which has none. */
  connections?: () => Connections
  /** Resolves when everything that was handed in is on disk, and the database is let go. */
  close(): Promise<void>
}
