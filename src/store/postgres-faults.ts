import pg from 'pg'
import { Refusal } from '../protocol/codes.ts'
import type { StoreFault } from './meter.ts'

/** SQLSTATE, when it was the server that answered: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const codeOf = (error: unknown): string | undefined => (error instanceof pg.DatabaseError ? error.code : undefined)

/**
 * Two transactions got in each other's way, and this one was undone: serialization_failure, deadlock_detected. Or both wrote the first
 * row of the audit log, where there is none yet to wait for.
 */
export const isConflict = (error: unknown): boolean =>
  ['40001', '40P01'].includes(codeOf(error) ?? '') || (isTaken(error) && (error as pg.DatabaseError).constraint === 'audit_pkey')
/** A row that must be unique is there already. */
export const isTaken = (error: unknown): boolean => codeOf(error) === '23505'
/** What was said is at fault, not the database: a value that does not fit, or a broken constraint. */
export const isOfEntry = (error: unknown): boolean => /^2[23]/.test(codeOf(error) ?? '')
/** Whatever is to be written, it fails: who we are, what we may do, which tables there are. */
export const isOfNoEntry = (error: unknown): boolean => /^(28|3D|3F|42)/.test(codeOf(error) ?? '')
/** U+0000, which PostgreSQL keeps in no text: character_not_in_repertoire, and in JSON untranslatable_character. */
export const isUnspeakable = (error: unknown): boolean => ['22021', '22P05'].includes(codeOf(error) ?? '')
/** A prepared statement no longer fits: a newer node has given its table another form, or the session was reset. Made anew it does. */
export const isOutdated = (error: unknown): boolean => ['0A000', '26000'].includes(codeOf(error) ?? '')
/** The connection itself can be used no more; what a COMMIT on it did is unknown. */
export const isLost = (error: unknown): boolean => codeOf(error) === undefined || /^(08|57P)/.test(codeOf(error) ?? '')

/**
 * Whoever cancels a COMMIT that waits for its standby (pg_cancel_backend) has it return as if nothing were missing, but for a warning.
 * That one has no code of its own; its words are in the language of the server.
 */
export const isOnNoStandby = ({ routine }: { routine?: string | undefined }): boolean => routine === 'SyncRepWaitForLSN'
/** What such a COMMIT is to whoever asked for it: not known to hold. */
export const onNoStandby = (): Error => new Error('PostgreSQL stopped waiting for its standby.')

const passes: readonly [form: RegExp, fault: StoreFault][] = [
  [/^53100$/, 'full'],
  [/^(XX00[12])$/, 'corrupt'],
  [/^58/, 'io'],
  // The password or the role has been changed, the database renamed: until somebody sees to it.
  [/^(28|3D)/, 'other'],
  // Too many connections, a lock or a statement that took too long, a server that starts, stops, or only reads.
  [/^(53|55P03|57|40|25006|25P0[34]|08)/, 'busy'],
]

/** What the database says when it cannot; undefined for a broken constraint, or a statement of ours that is wrong. */
export function postgresFault(error: unknown): StoreFault | undefined {
  const code = codeOf(error)
  if (code === undefined) return 'busy'
  return passes.find(([form]) => form.test(code))?.[1]
}

/**
 * A database that cannot be reached, is too busy or full, passes: whoever asked may try again. All else goes up as it is.
 * The words of the driver stay in the cause, which no client sees.
 */
export function passing(error: unknown): unknown {
  if (error instanceof Refusal || error instanceof TypeError) return error
  if (isUnspeakable(error)) return new Refusal('invalid', 'No text may hold a NUL.', { cause: error })
  return postgresFault(error) === undefined ? error : new Refusal('unavailable', undefined, { cause: error })
}
