import type { Kysely, Transaction } from 'kysely'
import type { Tables } from '../store/schema.ts'
import { type AuditRecord, createAudit } from './audit.ts'
import { openHead, sealHead } from './audit-chain.ts'
import type { Seal } from './master-key.ts'

interface Asked {
  /** The restored store, which nobody uses yet. */
  db: Kysely<Tables>
  now: () => number
  seal: Seal
  record: Pick<AuditRecord, 'what' | 'extra'>
  /** The master key that sealed the end of its log is gone, and the operator knows. */
  reseal: boolean
}

/** Writes down that a store is a restored one. The log goes on: its end is sealed anew where its old seal cannot be opened any more. */
export async function noteRestore({ db, now, seal, record, reseal }: Asked): Promise<void> {
  const audit = createAudit({ db, now, seal })
  await db.transaction().execute(async (tx) => {
    const resealed = reseal ? await sealAnew(tx, seal) : undefined
    const extra = { ...record.extra, ...(resealed !== undefined && { resealed }) }
    await audit.note(tx, { ...record, event: 'sys_restore', who: 'operator', extra })
  })
}

/**
 * Takes the last row for the end, without proof: rows that were cut off before are not missed. So the record that follows says from which row
 * on that is so. A row that was changed is still found by the walk.
 */
async function sealAnew(tx: Transaction<Tables>, seal: Seal): Promise<number | undefined> {
  const kept = await tx.selectFrom('meta').select('value').where('name', '=', 'audit').executeTakeFirst()
  if (kept === undefined || openHead(seal, kept.value) !== undefined) return undefined
  const last = await tx.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
  if (last === undefined) await tx.deleteFrom('meta').where('name', '=', 'audit').execute()
  else
    await tx
      .updateTable('meta')
      .set({ value: sealHead(seal, last) })
      .where('name', '=', 'audit')
      .execute()
  return last?.seq ?? 0
}
