import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import * as v from 'valibot'
import { storeFile } from '../config.ts'
import type { House } from '../house.ts'
import { Refusal } from '../protocol/codes.ts'
import { act } from './act.ts'
import { writeSecret } from './secret-file.ts'

const path = v.pipe(
  v.string('must be text'),
  v.maxLength(4_096, 'is too long'),
  v.check((given) => isAbsolute(given) && !given.includes('\0'), 'must be a whole path'),
)

/** A copy of the store in one file. Who works meanwhile notices nothing; what was acknowledged before it began is in it. */
export const backup = act({
  input: v.object({ file: path, withKey: v.optional(v.boolean(), false), force: v.optional(v.boolean(), false) }),
  event: 'sys_backup',
  async run({ house, tell }, { file, withKey, force }) {
    const key = `${file}.key`
    const own = join(house.config().data.dir, 'backups')
    if (dirname(file) === own) mkdirSync(own, { recursive: true, mode: 0o700 })
    checkPlace(house, file, force)
    if (withKey) checkPlace(house, key, force)
    await house.audit.write({ event: 'sys_backup', extra: { withKey } })
    const facts = await house.store
      .backup({ to: file, replace: force, onCopied: (done, of) => tell?.({ done, of }) })
      .catch((error: unknown) => {
        throw error instanceof Error && error.name === 'NotAStore' ? new Refusal('unavailable', error.message, { cause: error }) : error
      })
    if (withKey) writeSecret(key, masterKeyOf(house), { replace: force })
    return { file, ...(withKey && { key }), ...facts }
  },
  about: (_, { file, key, messages, bytes }) => ({ file, withKey: key !== undefined, messages, bytes }),
})

function checkPlace({ config }: House, to: string, force: boolean): void {
  const found = statSync(to, { throwIfNoEntry: false })
  if (found === undefined) return
  if (!found.isFile()) throw new Refusal('invalid', `${to} is there already, and is no file.`)
  if (!force) throw new Refusal('conflict', `${to} is there already. Take another name, or replace it with --force.`)
  const { data, store } = config()
  const file = storeFile(store)
  const own = [
    ...(file === undefined ? [] : [file, `${file}-wal`, `${file}-shm`]),
    ...['master.key', 'parley.lock', 'parley.pid'].map((name) => join(data.dir, name)),
  ]
  const isOwn = own.some((one) => existsSync(one) && statSync(one).ino === found.ino && statSync(one).dev === found.dev)
  if (isOwn) throw new Refusal('invalid', `${to} is what Parley works with; a backup cannot take its place.`)
}

const masterKeyOf = ({ config }: House): string =>
  config().secrets.masterKey ?? readFileSync(join(config().data.dir, 'master.key'), 'utf8').trim()
