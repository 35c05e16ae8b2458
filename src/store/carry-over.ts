import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { EndedWhy } from './schema.ts'
import { openFile } from './sqlite-file.ts'

/**
 * What a restore must not undo, taken over from the store that is there now: ended logins, dropped keys, changed and disabled passwords,
 * used invitations and tickets, the audit log. Rooms and messages are not touched.
 * @returns false when there is no such store, when it cannot be trusted, or when the backup is not one of it.
 */
export function carryOver(db: DatabaseSync, { file, lineage, at }: { file: string; lineage: string; at: number }): boolean {
  if (!existsSync(file) || !isSound(file)) return false
  db.prepare('attach database ? as now').run(file)
  try {
    const meta = db.prepare("select value from now.meta where name in ('lineage', 'store') order by name").get() as
      | { value: string }
      | undefined
    if (meta?.value !== lineage) return false
    db.exec('begin immediate')
    carryLogins(db, at)
    carryAccounts(db)
    carrySecrets(db)
    carryUses(db)
    carryAudit(db)
    db.exec('commit')
    return true
  } catch {
    if (db.isTransaction) db.exec('rollback')
    return false // the price is that everyone signs in again
  } finally {
    db.exec('detach database now')
  }
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

/** Whether every page of the store can be read; its log is merged into it on the way. */
function isSound(file: string): boolean {
  try {
    const db = openFile(file)
    try {
      return (db.prepare('pragma quick_check(1)').get() as { quick_check: string }).quick_check === 'ok'
    } finally {
      db.close()
    }
  } catch {
    return false
  }
}

/** Merges the log of a store that nobody has open into its file, as far as it can still be read. */
export function letGo(file: string): void {
  try {
    openFile(file).close()
  } catch {
    // It stays in two files then, side by side.
  }
}
