import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { storeFile } from '../../config.ts'
import { nearestFolder } from './disk.ts'
import { codeOf, type Finding, fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** statfs(2): NFS, SMB, CIFS, SMB2, 9p. Locks and shared memory do not hold there as SQLite needs them. */
const networks = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
])

/** Whether "acknowledged" can be true here: the store is whole enough to be opened, in WAL mode, and a synced write arrives. */
export const storeDurableCheck: Check = {
  ids: ['D-STORE-DURABLE'],
  at: 'home',
  async look({ config, instruments }) {
    const file = storeFile(config.store)
    if (file === undefined) return [] // see postgres.ts
    const dir = nearestFolder(dirname(file))
    try {
      await instruments.trial(dir)
    } catch (error) {
      return [unwritable(dir, codeOf(error))]
    }
    const { type } = await instruments.space(dir).catch(() => ({ type: 0 }))
    const network = networks.get(type)
    if (network)
      return [
        warning(
          'D-STORE-DURABLE',
          `The store is on ${network}: what was acknowledged may be gone after a fault of the network.`,
          'data:\n  dir: /var/lib/parley   # on a disk of this machine',
        ),
      ]
    return [opened(file)]
  },
}

function opened(file: string): Finding {
  if (!existsSync(file)) return good('D-STORE-DURABLE', 'A synced write arrives; the store is made at the first start.')
  try {
    const db = new DatabaseSync(file, { readOnly: true, timeout: 2_000 })
    try {
      const { journal_mode: mode } = db.prepare('pragma journal_mode').get() as { journal_mode: string }
      db.prepare("select value from meta where name = 'store'").get()
      if (mode !== 'wal')
        return warning('D-STORE-DURABLE', `${file} is in the mode "${mode}" until the server has been started once.`, 'npm start')
      return good('D-STORE-DURABLE', 'The store can be read, is in WAL mode, and a synced write arrives.')
    } finally {
      db.close()
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return fault('D-STORE-DURABLE', `${file} cannot be read as a store (${why}).`, 'parley drain; parley restore BACKUP')
  }
}

const reasons: Record<string, { words: string; fix: (dir: string) => string }> = {
  ENOSPC: { words: 'the disk is full', fix: (dir) => `df -h '${dir}'` },
  EDQUOT: { words: 'the quota is used up', fix: () => 'quota -s' },
  EROFS: { words: 'it is read-only', fix: (dir) => `findmnt -T '${dir}'` },
  EACCES: { words: 'this user may not', fix: (dir) => `sudo chown -R "$(id -un)" '${dir}'` },
  EPERM: { words: 'this user may not', fix: (dir) => `sudo chown -R "$(id -un)" '${dir}'` },
  EIO: { words: 'the disk is broken', fix: () => 'sudo dmesg --level=err,warn | tail' },
}

function unwritable(dir: string, code: string): Finding {
  const { words, fix } = reasons[code] ?? { words: code, fix: () => `ls -ld '${dir}'` }
  return fault('D-STORE-DURABLE', `Nothing can be written to ${dir}, where the store is: ${words}.`, fix(dir))
}
