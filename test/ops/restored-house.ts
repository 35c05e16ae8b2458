import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import pino from 'pino'
import { type Config, readConfig } from '../../src/config.ts'
import { type House, openHouse, restoring, systemClock } from '../../src/house.ts'
import { type ActInput, type ActName, type ActResult, acts, perform } from '../../src/ops/acts.ts'
import { restore } from '../../src/ops/restore.ts'
import { password } from './parley.ts'

export interface Place {
  root: string
  data: string
  config: Config
}
type Scene = { house: House; does: <N extends ActName>(act: N, input: ActInput<N>) => Promise<ActResult<N>> }

export function newPlace(t: TestContext): Place {
  const root = mkdtempSync(join(tmpdir(), 'parley-restore-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const { config } = readConfig({ root, env: {} })
  return { root, data: config.data.dir, config }
}

/** What is done while the store is open; afterwards it is closed, as a command leaves it. */
export async function inHouse<T>({ config }: Place, work: (scene: Scene) => Promise<T>): Promise<T> {
  const announce = async () => ({ connections: 0, unconfirmed: 0 })
  const house = await openHouse({
    config: () => config,
    log: pino({ level: 'silent' }),
    clock: systemClock,
    announce,
    onFatal: assert.fail,
  })
  try {
    return await work({ house, does: (act, input) => perform(acts, { act, input }, { house }) as never })
  } finally {
    await house.close()
  }
}

export const putBack = ({ config }: Place, backup: string, newSecrets = false, withoutPresent = false) =>
  restore({ config, restoring, backup, newSecrets, withoutPresent, now: Date.now, tell: () => undefined })

/** Ada and bob are signed in, then the backup is made. */
export async function houseWithBackup(t: TestContext, withKey = false) {
  const place = newPlace(t)
  const file = join(place.root, 'safe.db')
  await inHouse(place, async ({ does }) => {
    for (const name of ['ada', 'bob']) {
      await does('accountAdd', { name, role: 'admin', password })
      await does('tokenIssue', { account: name, ttl: 3_600_000 })
    }
    await does('roomAdd', { name: 'Tea', members: ['ada', 'bob'] })
    await does('backup', { file, withKey })
  })
  return { place, file }
}

export const inStore = <T>(file: string, work: (db: DatabaseSync) => T): T => {
  const db = new DatabaseSync(file)
  try {
    return work(db)
  } finally {
    db.close()
  }
}
export const storeOf = ({ data }: Place) => join(data, 'parley.db')
