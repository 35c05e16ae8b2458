import * as v from 'valibot'
import type { AuditEntry } from '../identity/audit.ts'
import type { Verdict } from '../identity/audit-chain.ts'
import { act, nothing } from './act.ts'

/** Rows in one answer: a few hundred kilobytes, and a few ms of the server's time. */
const pageRows = 1_000
const number = v.pipe(v.number('must be a number'), v.safeInteger('must be a whole number'), v.minValue(0, 'must not be negative'))

/** Walks the whole log, a batch at a time; whoever chats meanwhile notices nothing. */
export const auditVerify = act({
  input: nothing,
  event: 'audit_verified',
  onlyReads: true,
  run: ({ house }): Promise<Verdict> => house.audit.verify(),
  about: (_, { ok, rows, fault }) => ({ ok, rows, ...fault }),
})

/** The rows behind the one that is named, oldest first; times are ms since 1970. None is the end. */
export const auditPage = act({
  input: v.object({ after: v.optional(number), from: v.optional(number), to: v.optional(number) }),
  event: 'audit_read',
  onlyReads: true,
  run: ({ house }, asked): Promise<AuditEntry[]> => house.audit.page({ ...asked, limit: pageRows }),
  about: ({ after, from, to }) => ({ after, from, to }),
})
