import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { EndedWhy } from './schema.ts'
import { openFile } from './sqlite-file.ts'

/** What is taken over from the present store, each by itself: damage in one keeps no other behind. */
export type Part = 'accounts' | 'logins' | 'keys' | 'invitations' | 'audit'

export interface Carried {
  /** Whether the present store is one of the same line. */
  compared: boolean
  /** What cannot be read in it. Where not even its line can be read, everything. */
  lost: Part[]
}

interface Carry {
  /** All that it reads; looked through first, with their indexes, since a damaged index hides rows in silence. */
  tables: string[]
  take: (db: DatabaseSync, at: number) => void
  /** In its stead, what opens no door. */
  orElse?: (db: DatabaseSync) => void
}

const parts: Record<Part, Carry> = {
  accounts: { tables: ['account'], take: carryAccounts },
  logins: { tables: ['login', 'web_session'], take: carryLogins },
  keys: { tables: ['secret'], take: carrySecrets },
  // One of the backup may have been used or withdrawn since; a new one is quickly made.
  invitations: { tables: ['invite', 'used_ticket'], take: carryUses, orElse: (db) => db.exec('delete from invite') },
  audit: { tables: ['audit'], take: carryAudit },
}
const everyPart = Object.keys(parts) as Part[]

/**
 * What a restore must not undo, taken over from the store that is there now: ended logins, dropped keys, changed and disabled passwords,
 * used invitations and tickets, the audit log. Rooms and messages are not touched, and may be damaged.
 */
export function carryOver(db: DatabaseSync, { file, lineage, at }: { file: string; lineage: string; at: number }): Carried {
  if (!existsSync(file)) return { compared: false, lost: [] }
  letGo(file)
  let isAttached = false
  try {
    db.prepare('attach database ? as now').run(file)
    isAttached = true
    if (lineOf(db) !== lineage) return { compared: false, lost: [] }
    return { compared: true, lost: everyPart.filter((part) => !carry(db, parts[part], at)) }
  } catch {
    for (const part of everyPart) parts[part].orElse?.(db)
    return { compared: false, lost: everyPart }
  } finally {
    if (isAttached) db.exec('detach database now')
  }
}

/** @throws Error when it cannot be read: a damaged store must not look like one of another line */
function lineOf(db: DatabaseSync): string | undefined {
  look(db, 'meta')
  const named = db.prepare("select value from now.meta where name in ('lineage', 'store') order by name").get()
  return (named as { value: string } | undefined)?.value
}

/** Whether it could be read. */
function carry(db: DatabaseSync, { tables, take, orElse }: Carry, at: number): boolean {
  try {
    for (const table of tables) look(db, table)
    db.exec('begin immediate')
    take(db, at)
    db.exec('commit')
    return true
  } catch {
    if (db.isTransaction) db.exec('rollback')
    orElse?.(db)
    return false
  }
}

/** A store of an older form may not have it yet. */
function look(db: DatabaseSync, table: string): void {
  if (db.prepare('select 1 from now.sqlite_schema where name = ?').get(table) === undefined) return
  const { integrity_check: found } = db.prepare(`pragma now.integrity_check(${table})`).get() as { integrity_check: string }
  if (found !== 'ok') throw new Error(found)
}

/** One that the present store does not know has ended so long ago that it was forgotten, or was never its own. */
function carryLogins(db: DatabaseSync, at: number): void {
  db.prepare(`
    update login set
      ended_at = coalesce((select n.ended_at from now.login n where n.id = login.id), ?),
      ended_why = coalesce((select n.ended_why from now.login n where n.id = login.id), 'ended')
    where ended_at is null and not exists (select 1 from now.login n where n.id = login.id and n.ended_at is null)`).run(at)
  // By which key each came in: after the restore a key that leaked must still find its logins.
  if (columnsOf(db, 'now', 'login').includes('kid'))
    db.exec('update login set kid = (select n.kid from now.login n where n.id = login.id) where id in (select id from now.login)')
  db.exec(`
    update login set last_seen_at = max(last_seen_at, (select n.last_seen_at from now.login n where n.id = login.id)) where ended_at is null;
    delete from web_session;
    insert into web_session (id, login, data, expires_at)
      select id, login, data, expires_at from now.web_session where login in (select id from main.login where ended_at is null)`)
}

function carryAccounts(db: DatabaseSync): void {
  db.exec(`
    update account set (password, role, disabled_at) = (select n.password, n.role, n.disabled_at from now.account n where n.id = account.id)
    where id in (select id from now.account)`)
}

/** A key that was dropped because it leaked must not come back; those that are there now are sealed with the key that is there now. */
function carrySecrets(db: DatabaseSync): void {
  const there = columnsOf(db, 'now', 'secret')
  const both = columnsOf(db, 'main', 'secret').filter((name) => there.includes(name))
  db.exec(`delete from secret; insert into secret (${both.join()}) select ${both.join()} from now.secret`)
}

/** The present store may be of an older form than the backup, which has just been brought up to date. */
const columnsOf = (db: DatabaseSync, schema: 'main' | 'now', table: string): string[] =>
  (db.prepare(`pragma ${schema}.table_info(${table})`).all() as { name: string }[]).map(({ name }) => name)

function carryUses(db: DatabaseSync): void {
  db.exec(`
    delete from invite where code not in (select code from now.invite);
    update invite set uses = min(uses, (select n.uses from now.invite n where n.code = invite.code));
    insert or ignore into used_ticket (jti, expires_at) select jti, expires_at from now.used_ticket`)
}

/** Each line holds the hash of the one before: where the two logs agree, the rest of the present one goes on from there. */
function carryAudit(db: DatabaseSync): void {
  if (db.prepare("select 1 from now.sqlite_schema where name = 'audit'").get() === undefined) return
  const last = db.prepare('select seq, hash from audit order by seq desc limit 1').get() as { seq: number; hash: string } | undefined
  const same = last === undefined || db.prepare('select 1 from now.audit where seq = ? and hash = ?').get(last.seq, last.hash) !== undefined
  if (!same) return
  db.prepare('insert into audit select * from now.audit where seq > ? order by seq').run(last?.seq ?? 0)
  // Its end is sealed beside it, so that nobody can cut rows off.
  db.exec(
    "insert into meta (name, value) select name, value from now.meta where name = 'audit' on conflict do update set value = excluded.value",
  )
}

export function endEverything(db: DatabaseSync, at: number, why: EndedWhy): void {
  db.prepare('update login set ended_at = ?, ended_why = ? where ended_at is null').run(at, why)
  db.exec('delete from web_session')
}

/** The next start makes new ones. */
export function forgetSecrets(db: DatabaseSync): void {
  db.exec('delete from secret')
}

/** Merges the log of a store that nobody has open into its file, as far as it can still be read. */
export function letGo(file: string): void {
  try {
    openFile(file).close()
  } catch {
    // It stays in two files then, side by side.
  }
}
