import { existsSync, linkSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { readSecretFile } from '../config/secret-file.ts'
import { type Config, storeFile } from '../config.ts'
import type { restoring } from '../house.ts'
import type { Restored } from '../store/restore.ts'
import type { Tell } from './act.ts'
import { connectAdmin } from './admin-client.ts'
import { ownStore } from './owner.ts'
import { writeSecret } from './secret-file.ts'
import { checkUser } from './store-user.ts'

interface Asked {
  config: Config
  restoring: typeof restoring
  /** A whole path. */
  backup: string
  newSecrets: boolean
  withoutPresent: boolean
  now: () => number
  tell: Tell
}

/** As the store tells it; `key` is where the master key from before is, when that of the backup took its place. */
export type Outcome = Restored & { key?: string }

/**
 * Puts a backup in the place of the store of this configuration.
 * @throws StoreTaken · NotAStore · Error in words: nothing was changed
 */
export async function restore({ config, restoring, backup, newSecrets, withoutPresent, now, tell }: Asked): Promise<Outcome> {
  const { data, secrets: given } = config
  const file = storeFile(config.store)
  if (file === undefined) throw new Error('A store in PostgreSQL is put back with pg_restore: see "PostgreSQL" in docs/operating.md.')
  const running = await connectAdmin(join(data.dir, 'parley.sock'))
  running?.close()
  if (running) throw new Error('A server is running on this store. Stop it first: parley drain')
  checkUser(config)
  const owner = await ownStore(config, { patience: 0 })
  try {
    const keyFile = join(data.dir, 'master.key')
    const present = given.masterKey ?? (existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : undefined)
    const beside = existsSync(`${backup}.key`) ? readKeyBeside(backup) : undefined
    let taken: string | undefined
    const made = await restoring.restoreStore({
      backup,
      file,
      at: now(),
      newSecrets,
      withoutPresent,
      onCopied: (done, of) => tell({ done, of }),
      record: (draft, made) => restoring.record({ draft, made, now, key: { file: keyFile, given: taken ?? given.masterKey } }),
      opens(secrets) {
        if (present !== undefined && restoring.opens(secrets, present)) return true
        // A key that the configuration names is not ours to change.
        if (beside === undefined || given.masterKey !== undefined || !restoring.opens(secrets, beside)) return false
        taken = beside
        return true
      },
    })
    if (taken === undefined) return made
    const before = existsSync(keyFile) ? `${keyFile}.before-restore-${restoring.stampOf(now())}` : undefined
    if (before) keep(keyFile, before)
    writeSecret(keyFile, taken, { replace: true })
    return { ...made, ...(before !== undefined && { key: before }) }
  } catch (error) {
    if (error instanceof Error && error.name === 'SealedSecrets')
      throw new Error(sealedWords(error.message, backup, given.masterKey !== undefined, keyOf(config)))
    if (error instanceof Error && error.name === 'PresentUnread') throw new Error(`${error.message} ${unreadWords}`)
    throw error
  } finally {
    owner.release()
  }
}

const keyOf = ({ data }: Config) => join(data.dir, 'master.key')

const sealedWords = (what: string, backup: string, isGiven: boolean, keyFile: string): string =>
  `${what} Nothing was changed. Either put that key ${isGiven ? 'into secrets.masterKey' : `into ${keyFile}, or into ${backup}.key`}, mode 0600,` +
  ' or go on without it: with --new-secrets everyone has to sign in again.'

const unreadWords =
  'Nothing was changed. With --without-present it goes on: passwords, roles and disabled accounts are then those of the backup' +
  ' wherever they cannot be read here. Whoever was disabled since can sign in again, with an old password too. Every login is ended.'

/** @throws Error when others may read it */
function readKeyBeside(backup: string): string {
  const read = readSecretFile(`${backup}.key`)
  if ('wrong' in read) throw new Error(`${read.wrong}.`)
  return read.secret
}

function keep(file: string, to: string): void {
  try {
    linkSync(file, to)
  } catch {
    renameSync(file, to)
  }
}
