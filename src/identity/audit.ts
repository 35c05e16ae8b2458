import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely, Transaction } from 'kysely'
import type { AuditRow, Tables } from '../store/schema.ts'
import { beginning, type Head, hashOfRow, lost, openHead, sealHead, type Verdict, walkChain } from './audit-chain.ts'
import type { AuditEvent } from './audit-events.ts'
import type { Seal } from './master-key.ts'

/** For whom and from where something is being done. */
export interface Acting {
  /** An account id, or `operator`. */
  who?: string | undefined
  address?: string | undefined
  /** The id that the request has in the log. */
  request?: string | undefined
}

/** What is written down of one security event. Never a secret: ids, names of accounts, numbers. */
export interface AuditRecord extends Acting {
  event: AuditEvent
  /** Whom or what it was done to: the id of an account, a room, a key. */
  what?: string | undefined
  /** The login handle. */
  login?: string | undefined
  extra?: object
}

/** A record as it is read again; the hash of each row is part of the next one. */
export type AuditEntry = Omit<AuditRow, 'what' | 'address' | 'login' | 'request' | 'extra'> &
  Partial<{ what: string; address: string; login: string; request: string; extra: unknown }>

/** Which records: those with `from` ≤ at < `to` (ms since 1970) behind the row `after`, oldest first. */
export interface AuditAsk {
  after?: number | undefined
  from?: number | undefined
  to?: number | undefined
  limit: number
}

/** The security events of this server, each chained to the one before. Rows are only added. */
export interface Audit {
  /** Writes in the transaction of what it tells about: if this fails, that did not happen. */
  note(tx: Transaction<Tables>, ...records: AuditRecord[]): Promise<void>
  /** Writes by itself, before or after something that is no transaction. */
  write(record: AuditRecord): Promise<void>
  /** What `work` does and does not say itself, records say for it. */
  as<T>(acting: Acting, work: () => T): T
  /** The id of the request that is being answered here, if it is one. */
  request(): string | undefined
  page(ask: AuditAsk): Promise<AuditEntry[]>
  verify(): Promise<Verdict>
}

/** Characters: an address may be whatever a trusted proxy has written. */
const longest = 200
/** Rows in one insert. */
const together = 200

export function createAudit({ db, now, seal }: { db: Kysely<Tables>; now: () => number; seal: Seal }): Audit {
  const current = new AsyncLocalStorage<Acting>()

  function row(record: AuditRecord, after: Head): AuditRow {
    const acting = current.getStore() ?? {}
    const unsigned = {
      seq: after.seq + 1,
      at: now(),
      event: record.event,
      who: cut(record.who ?? acting.who) ?? 'parley',
      what: cut(record.what),
      address: cut(record.address ?? acting.address),
      login: cut(record.login),
      request: cut(record.request ?? acting.request),
      extra: record.extra === undefined ? null : JSON.stringify(record.extra),
      prev: after.hash,
    }
    return { ...unsigned, hash: hashOfRow(unsigned) }
  }

  async function note(tx: Transaction<Tables>, ...records: AuditRecord[]): Promise<void> {
    if (records.length === 0) return
    let head = await headOf(tx)
    const rows = records.map((record) => {
      const made = row(record, head)
      head = made
      return made
    })
    for (let from = 0; from < rows.length; from += together)
      await tx
        .insertInto('audit')
        .values(rows.slice(from, from + together))
        .execute()
    const value = sealHead(seal, head)
    await tx
      .insertInto('meta')
      .values({ name: 'audit', value })
      .onConflict((clash) => clash.column('name').doUpdateSet({ value }))
      .execute()
  }

  /**
   * What the next row follows: the sealed head and never just the last row, or rows that were cut off would be forgotten with the next one.
   * Where somebody has meddled with it the log goes on, and the walk finds the break for good.
   */
  async function headOf(tx: Transaction<Tables>): Promise<Head> {
    // An update that changes nothing is a lock on any database: no two rows follow the same one.
    const kept = await tx
      .updateTable('meta')
      .set((eb) => ({ value: eb.ref('value') }))
      .where('name', '=', 'audit')
      .returning('value')
      .executeTakeFirst()
    const newest = await tx.selectFrom('audit').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
    const head = openHead(seal, kept?.value) ?? (kept === undefined && newest === undefined ? beginning : { seq: 0, hash: lost })
    return { seq: Math.max(head.seq, newest?.seq ?? 0), hash: head.hash }
  }

  async function page({ after = 0, from, to, limit }: AuditAsk): Promise<AuditEntry[]> {
    const [start, end] = [from ?? 0, to ?? Number.MAX_SAFE_INTEGER]
    // By the index on `at` first, so that no export reads the whole log to find its first row. A clock that was put right leaves later
    // rows with earlier times: the span reaches from the lowest to the highest number of all that match.
    const span =
      from === undefined && to === undefined
        ? { first: 1, last: Number.MAX_SAFE_INTEGER }
        : await db
            .selectFrom('audit')
            .select(({ fn }) => [fn.min<number | null>('seq').as('first'), fn.max<number | null>('seq').as('last')])
            .where('at', '>=', start)
            .where('at', '<', end)
            .executeTakeFirstOrThrow()
    if (span.first === null || span.last === null) return []
    const rows = await db
      .selectFrom('audit')
      .selectAll()
      .where('seq', '>', Math.max(after, span.first - 1))
      .where('seq', '<=', span.last)
      .where('at', '>=', start)
      .where('at', '<', end)
      .orderBy('seq')
      .limit(limit)
      .execute()
    return rows.map(toEntry)
  }

  return {
    note,
    write: (record) => db.transaction().execute((tx) => note(tx, record)),
    as: (acting, work) => current.run({ ...current.getStore(), ...acting }, work),
    request: () => current.getStore()?.request,
    page,
    verify: () => walkChain(db, seal),
  }
}

const cut = (text: string | undefined): string | null => (text === undefined || text === '' ? null : text.slice(0, longest))

function toEntry({ what, address, login, request, extra, ...row }: AuditRow): AuditEntry {
  return {
    ...row,
    ...(what !== null && { what }),
    ...(address !== null && { address }),
    ...(login !== null && { login }),
    ...(request !== null && { request }),
    ...(extra !== null && { extra: parsed(extra) }),
  }
}

/** What somebody has tampered with must still be shown. */
function parsed(extra: string): unknown {
  try {
    return JSON.parse(extra)
  } catch {
    return extra
  }
}
