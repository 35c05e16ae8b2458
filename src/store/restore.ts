import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { stampOf } from './before-migration.ts'
import { type Carried, carryOver, endEverything, forgetSecrets, letGo, type Part } from './carry-over.ts'
import { copyStore, type OnCopied } from './copy.ts'
import { NotAStore, type StoreFacts } from './inspection.ts'
import type { SecretRow } from './schema.ts'
import { openSqlite } from './sqlite.ts'

interface Asked {
  backup: string
  /** The store that it takes the place of; there may be none, or a broken one. */
  file: string
  /** ms since 1970. */
  at: number
  /** Whether the master key that will be used opens these. */
  opens: (secrets: SecretRow[]) => boolean
  /** When it does not: make new ones instead, at the price of every login. */
  newSecrets: boolean
  /** When accounts or logins of the present store cannot be read: take those of the backup instead, and end every login. */
  withoutPresent: boolean
  /** Writes into the restored store, before it takes the place of the present one, that it is one; if this fails, nothing was changed. */
  record: (draft: string, made: Omit<Restored, 'kept'>) => Promise<void>
  onCopied?: OnCopied
}

/** The secrets in the backup are sealed with another master key, and nothing was changed. */
export class SealedSecrets extends Error {
  override name = 'SealedSecrets'
}

/** Who may sign in cannot be read from the present store, and nothing was changed. */
export class PresentUnread extends Error {
  override name = 'PresentUnread'
}

export interface Restored extends StoreFacts {
  /** Where the store from before is now. */
  kept?: string
  /** `carried`: who may sign in is as it was just before; `all`: there was nothing to compare with, and every login has ended. */
  logins: 'carried' | 'all'
  ended: number
  holding: number
  newSecrets: boolean
  /** What could not be read from the present store, and is that of the backup; invitations are withdrawn. */
  lost?: Part[]
}

/**
 * Puts a backup in the place of the store. What was said is then as it was in the backup; who may sign in stays as it is: what had ended
 * since has ended. Nothing else may have the store open. The name of the store changes, so that clients drop their cursors.
 * @throws NotAStore · SealedSecrets · PresentUnread, each with the present store untouched
 */
export async function restoreStore({ backup, file, at, opens, newSecrets, withoutPresent, record, onCopied }: Asked): Promise<Restored> {
  const draft = `${file}.restoring`
  for (const left of parts(draft)) rmSync(left, { force: true })
  try {
    const facts = await copyStore({ from: backup, to: draft, ...(onCopied && { onCopied }) })
    await bringUpToDate(draft)
    const made = { ...facts, ...rewrite({ draft, file, at, opens, newSecrets, withoutPresent, facts }) }
    await record(draft, made)
    letGo(draft)
    const kept = existsSync(file) ? setAside(file, `${file}.before-restore-${stampOf(at)}`) : undefined
    renameSync(draft, file)
    sync(dirname(file))
    return { ...made, ...(kept !== undefined && { kept }) }
  } finally {
    for (const left of parts(draft)) rmSync(left, { force: true })
  }
}

/** An older form first becomes the present one, so that rows of the present store fit in. */
async function bringUpToDate(draft: string): Promise<void> {
  let failed: Error | undefined
  const store = await openSqlite({
    file: draft,
    onFatal: (error) => {
      failed = error
    },
  })
  await store.close()
  if (failed) throw failed
}

function rewrite({
  draft,
  file,
  at,
  opens,
  newSecrets,
  withoutPresent,
  facts,
}: Omit<Asked, 'backup' | 'record' | 'onCopied'> & { draft: string; facts: StoreFacts }) {
  const db = new DatabaseSync(draft)
  try {
    db.exec('pragma synchronous = full')
    const carried = carryOver(db, { file, lineage: facts.lineage, at })
    if (!withoutPresent) refuseUnread(carried)
    const secrets = db.prepare('select * from secret').all() as SecretRow[] & Record<string, unknown>[]
    const opened = opens(secrets)
    if (!opened && !newSecrets)
      throw new SealedSecrets('The master key here does not open the secrets in this backup, which was made with another one.')
    db.exec('begin immediate')
    if (!opened) forgetSecrets(db)
    const isCarried = opened && carried.compared && !loses(carried, 'accounts', 'logins', 'keys')
    if (!isCarried) endEverything(db, at, opened ? 'ended' : 'key_retired')
    const store = randomBytes(9).toString('base64url')
    db.prepare("update meta set value = ? where name = 'store'").run(store)
    db.prepare("insert into meta (name, value) values ('lineage', ?) on conflict do update set value = excluded.value").run(facts.lineage)
    db.exec('commit')
    if (db.prepare('pragma foreign_key_check').get() !== undefined) throw new NotAStore('The restored store would not be whole.')
    const { ended, holding } = db
      .prepare(
        'select count(*) filter (where ended_at is not null) as ended, count(*) filter (where ended_at is null) as holding from login',
      )
      .get() as { ended: number; holding: number }
    db.exec('pragma journal_mode = delete')
    const logins = isCarried ? ('carried' as const) : ('all' as const)
    return { store, ended, holding, logins, newSecrets: !opened, ...(carried.lost.length > 0 && { lost: carried.lost }) }
  } finally {
    db.close()
  }
}

const loses = ({ lost }: Carried, ...parts: Part[]): boolean => parts.some((part) => lost.includes(part))

function refuseUnread(carried: Carried): void {
  if (loses(carried, 'accounts', 'logins'))
    throw new PresentUnread(`The present store is damaged: ${carried.lost.join(', ')} cannot be read.`)
}

/** The file itself keeps its name until the restored one takes it: at no moment would a start find no store and make an empty one. */
function setAside(file: string, kept: string): string {
  letGo(file)
  // A log left by a broken store must never be taken for that of the restored one.
  for (const suffix of ['-wal', '-shm']) if (existsSync(file + suffix)) renameSync(file + suffix, kept + suffix)
  try {
    linkSync(file, kept)
  } catch {
    renameSync(file, kept) // no hard links here
  }
  return kept
}

const parts = (file: string): string[] => ['', '-wal', '-shm', '-journal'].map((suffix) => file + suffix)

function sync(path: string): void {
  const descriptor = openSync(path, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}
