import { join } from 'node:path'
import type { Config } from './config.ts'
import { noteRestore } from './identity/audit-restore.ts'
import { createSeal } from './identity/master-key.ts'
import { openMasterKey, opensWith } from './identity/secrets.ts'
import { nodesAtWork } from './nodes/at-work.ts'
import { stampOf } from './store/before-migration.ts'
import { moveStore } from './store/move.ts'
import { openStore } from './store/open.ts'
import { examinePostgres } from './store/postgres-examination.ts'
import { type Restored, restoreStore } from './store/restore.ts'
import { newIncarnation, settleRestored } from './store/restored.ts'
import type { SecretRow } from './store/schema.ts'
import { openSqlite } from './store/sqlite.ts'

/*
 * What is lent to the command line of rooms that it may not know.
 */

interface ToRecord {
  draft: string
  made: Omit<Restored, 'kept'>
  now: () => number
  /** The master key that the next start will find; with new secrets it may be made here. */
  key: Parameters<typeof openMasterKey>[0]
}

async function recordRestore({ draft, made, now, key }: ToRecord): Promise<void> {
  const seal = createSeal(openMasterKey(key))
  let failed: Error | undefined
  const onFatal = (error: Error) => {
    failed = error
  }
  const store = await openSqlite({ file: draft, onFatal })
  try {
    const { store: what, logins, ended, newSecrets, lost } = made
    const extra = { logins, ended, newSecrets, ...(lost && { lost }) }
    await noteRestore({ db: store.db, now, seal, record: { what, extra }, reseal: newSecrets })
  } finally {
    await store.close()
  }
  if (failed) throw failed
}

/**
 * A store that was put back from a copy by other means: recorded first, then made safe to open.
 * @throws Error in words while nodes work on it, wherever they run
 */
async function settle({ config, now }: { config: Config; now: () => number }): Promise<{ store: string; ended: number }> {
  const masterKey = openMasterKey({ file: join(config.data.dir, 'master.key'), given: config.secrets.masterKey, needed: true })
  const store = await openStore({ place: config.store, onFatal: () => undefined })
  try {
    const working = config.store.kind === 'postgres' ? await nodesAtWork(store.db) : []
    if (working.length > 0)
      throw new Error(
        `Nodes work on this store: ${working.join(', ')}. Stop all of them first: parley drain on each machine; parley status names the node that runs there.`,
      )
    const what = newIncarnation()
    const record = { what, extra: { logins: 'all', newSecrets: false } }
    await noteRestore({ db: store.db, now, seal: createSeal(masterKey), record, reseal: false })
    return { store: what, ended: await settleRestored(store.db, what, now()) }
  } finally {
    await store.close()
  }
}

/** What a restore needs of the rooms that the command line may not know. */
export const restoring = {
  restoreStore,
  stampOf,
  /** Whether this master key, as text, opens these rows of the store. */
  opens: (secrets: SecretRow[], key: string): boolean => opensWith(openMasterKey({ file: '', given: key }), secrets),
  record: recordRestore,
  settle,
}

/** What a move to another database needs of the rooms that the command line may not know. */
export const moving = { moveStore }

/** What the doctor asks a database by itself. */
export const examining = { postgres: examinePostgres }
