import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import type { Client, OutboxItem, OutboxStorage } from '../../sdk/client.ts'

interface Kept extends OutboxItem {
  owner: string
  tab: string
}

interface Shelf extends DBSchema {
  outbox: { key: string; value: Kept; indexes: { owner: string } }
}

/**
 * Every tab keeps what it has to send under its own name and holds a lock of that name while it lives. What lies under a name that
 * nobody holds belongs to a tab that was closed or crashed, and is adopted. Were two tabs ever to send the same item, the key makes
 * the server write it once.
 */
const tab = `parley-tab-${crypto.randomUUID()}`
const held = new Promise<void>((resolve) => {
  void navigator.locks.request(tab, () => {
    resolve()
    return new Promise(() => undefined)
  })
})

let shelf: Promise<IDBPDatabase<Shelf>> | undefined

const open = (): Promise<IDBPDatabase<Shelf>> => {
  shelf ??= openDB<Shelf>('parley', 1, {
    upgrade: (db) => {
      db.createObjectStore('outbox', { keyPath: 'key' }).createIndex('owner', 'owner')
    },
    terminated: () => {
      shelf = undefined
    },
  })
  return shelf
}

/** The unsent messages of one account in this browser, as far as no other living tab has them. */
export function outboxStorage(owner: string): OutboxStorage {
  return {
    all: () => adopt(owner),
    put: async (item) => {
      await (await open()).put('outbox', { ...item, owner, tab })
    },
    delete: async (key) => {
      await (await open()).delete('outbox', key)
    },
  }
}

/** Makes the orphans of `owner` this tab's own. One tab at a time, so that each goes to one. */
async function adopt(owner: string): Promise<OutboxItem[]> {
  await held
  return navigator.locks.request('parley-adopt', async () => {
    const living = new Set((await navigator.locks.query()).held?.map(({ name }) => name))
    const db = await open()
    const orphans = (await db.getAllFromIndex('outbox', 'owner', owner)).filter((kept) => !living.has(kept.tab))
    for (const kept of orphans) await db.put('outbox', { ...kept, tab })
    return orphans.map(({ owner: _, tab: __, ...item }) => item).sort((one, other) => one.at - other.at)
  })
}

/** A tab may be closed while this one is open: take over what it left. */
export function adoptWhenSeen(client: Client, owner: string): void {
  document.addEventListener('visibilitychange', async () => {
    if (document.visibilityState !== 'visible') return
    for (const { room, text, key, replyTo } of await adopt(owner)) {
      client.post(room, text, replyTo === undefined ? { key } : { key, replyTo }).catch(() => undefined)
    }
  })
}

/** Forgets what `owner` has not sent yet. */
export async function clearOutbox(owner: string): Promise<void> {
  const db = await open()
  const keys = await db.getAllKeysFromIndex('outbox', 'owner', owner)
  await Promise.all(keys.map((key) => db.delete('outbox', key)))
}
