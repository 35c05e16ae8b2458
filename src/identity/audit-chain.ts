import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { AuditRow, Tables } from '../store/schema.ts'
import type { Seal } from './master-key.ts'

/** The last row that was written; `seq` 0 before the first. */
export interface Head {
  seq: number
  hash: string
}

/** What a walk over the whole log found. `fault` is the first row that is not as it was written. */
export interface Verdict {
  ok: boolean
  rows: number
  head: Head
  /** Up to this row a restore with new secrets took the log as it found it: whether rows were cut off there before, nobody can tell. */
  resealed?: number
  fault?: { seq: number; words: string }
}

export const beginning: Head = { seq: 0, hash: '' }
/** Follows a head that is gone: no row has this hash, so the walk stops here for good. */
export const lost = 'the head was lost'
/** Rows looked at in one turn of the event loop. */
const batch = 500
const purpose = 'parley/audit/head'

/** SHA-256 over one JSON text that says all of the row in one order, the hash of the row before included. */
export function hashOfRow({ seq, at, event, who, what, address, login, request, extra, prev }: Omit<AuditRow, 'hash'>): string {
  const text = JSON.stringify([seq, at, event, who, what, address, login, request, extra, prev])
  return createHash('sha256').update(text).digest('base64url')
}

export const sealHead = (seal: Seal, { seq, hash }: Head): string => seal.seal(purpose, Buffer.from(JSON.stringify({ seq, hash })))

/** Undefined when it is gone or was not sealed by us. */
export function openHead(seal: Seal, sealed: string | undefined): Head | undefined {
  try {
    return sealed === undefined ? undefined : (JSON.parse(seal.open(purpose, sealed).toString()) as Head)
  } catch {
    return undefined
  }
}

/**
 * Walks the chain from its first row to the sealed head, a batch at a time, also while rows are being added. A hash
 * alone would show a changed row but not that the last ones are gone, nor that all were written anew: the head is
 * sealed with the master key, which is not in the store.
 */
export async function walkChain(db: Kysely<Tables>, seal: Seal): Promise<Verdict> {
  let last = beginning
  let resealed: number | undefined
  const wrong = (seq: number, words: string): Verdict => ({ ok: false, rows: last.seq, head: last, fault: { seq, words } })
  // The walk begins at 1, and would never meet a row that was put in front of it.
  const before = await db.selectFrom('audit').select('seq').where('seq', '<', 1).orderBy('seq').limit(1).executeTakeFirst()
  if (before !== undefined) return wrong(before.seq, `Row ${before.seq} was added by somebody else.`)
  for (;;) {
    const rows = await db.selectFrom('audit').selectAll().where('seq', '>', last.seq).orderBy('seq').limit(batch).execute()
    for (const row of rows) {
      if (row.seq !== last.seq + 1) return wrong(last.seq + 1, `Row ${last.seq + 1} is missing.`)
      if (row.hash !== hashOfRow(row)) return wrong(row.seq, `Row ${row.seq} is not as it was written.`)
      if (row.prev !== last.hash) return wrong(row.seq, `Row ${row.seq} does not follow the one before it.`)
      last = { seq: row.seq, hash: row.hash }
      if (row.event === 'sys_restore') resealed = resealedBy(row) ?? resealed
    }
    if (rows.length === batch) continue
    // Read after the rows: whatever was added meanwhile is before this head, and found by another round.
    const kept = await db.selectFrom('meta').select('value').where('name', '=', 'audit').executeTakeFirst()
    const head = openHead(seal, kept?.value) ?? (kept === undefined && last.seq === 0 ? beginning : undefined)
    if (head === undefined) return wrong(last.seq, 'The sealed end of the log is missing, or not of this master key.')
    if (head.seq < last.seq) return wrong(head.seq + 1, `Row ${head.seq + 1} was added by somebody else.`)
    if (head.seq === last.seq) {
      if (head.hash !== last.hash)
        return wrong(last.seq, `The rows fit each other, but row ${last.seq} is not the one that was sealed: the log was written anew.`)
      const surplus = (await countUpTo(db, last.seq)) - last.seq
      if (surplus !== 0)
        return wrong(last.seq, `There ${surplus === 1 ? 'is 1 row' : `are ${surplus} rows`} more in the log than was sealed.`)
      return { ok: true, rows: last.seq, head: last, ...(resealed !== undefined && { resealed }) }
    }
    if (rows.length === 0) return wrong(last.seq + 1, `Row ${last.seq + 1} is missing, and all up to ${head.seq}.`)
  }
}

/** Rows that the walk has not met, because they came in behind it, are among them. */
async function countUpTo(db: Kysely<Tables>, seq: number): Promise<number> {
  const { n } = await db
    .selectFrom('audit')
    .select(({ fn }) => fn.countAll<number>().as('n'))
    .where('seq', '<=', seq)
    .executeTakeFirstOrThrow()
  return Number(n)
}

/** What a restore says of the seal that it renewed. The row may still be somebody else's: only the head will tell. */
const resealedBy = ({ extra }: AuditRow): number | undefined => {
  const [, seq] = /"resealed":(\d+)\}$/.exec(extra ?? '') ?? []
  return seq === undefined ? undefined : Number(seq)
}
