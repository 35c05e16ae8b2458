import type { Posted } from '../protocol/server-frames.ts'
import { type Deferred, defer, quiet } from './deferred.ts'
import type { OutboxItem, OutboxStorage } from './outbox-item.ts'

export interface Entry {
  item: OutboxItem
  posted: Deferred<Posted>
  /** It is in the storage (or the storage refused it): may be sent. */
  stored: boolean
  tries: number
  /** ms since 1970; Infinity = not on this connection. */
  notBefore: number
  /** Acknowledged with this seq, not yet seen. */
  seq?: number
}

export interface Tray {
  /** In the order in which they were written; replaced when it changes, never altered. */
  readonly entries: readonly Entry[]
  /** What an earlier run left has been read: before that nothing may be sent, or the new would overtake the old. */
  readonly loaded: boolean
  find(key: string): Entry | undefined
  /** At the end of all, and into the storage; `onReady` follows. */
  add(item: Omit<OutboxItem, 'at' | 'state'>, at: number): Entry
  change(entry: Entry, news: Partial<OutboxItem>): void
  /** As it is now, into the storage. */
  keep(entry: Entry): void
  remove(gone: (entry: Entry) => boolean): void
  forget(key: string): Promise<void>
}

export interface TrayDeps {
  storage: OutboxStorage
  onChange(): void
  onReady(): void
  /** The storage failed. Nothing stops for it: a full disk must not keep a message from being sent. */
  onFault(error: unknown): void
}

/** The unsent messages, here and in the storage. */
export function createTray({ storage, onChange, onReady, onFault }: TrayDeps): Tray {
  let entries: readonly Entry[] = []
  let latest = 0
  let loaded = false
  const find = (key: string) => entries.find(({ item }) => item.key === key)
  const loading = load()

  async function load(): Promise<void> {
    const held: OutboxItem[] = []
    await tolerate(async () => held.push(...(await storage.all())))
    const old = held.filter(({ key }) => !find(key)).sort((a, b) => a.at - b.at)
    latest = Math.max(latest, old.at(-1)?.at ?? 0)
    // Written while the storage was read, perhaps with a clock that went back: they still come after.
    for (const entry of entries) entry.item = { ...entry.item, at: ++latest }
    entries = [...old.map(restored), ...entries]
    loaded = true
    if (old.length > 0) onChange()
    onReady()
  }

  async function tolerate(act: () => Promise<unknown>): Promise<void> {
    try {
      await act()
    } catch (error) {
      onFault(error)
    }
  }

  const forget = (key: string) => tolerate(() => storage.delete(key))

  async function keep(entry: Entry): Promise<void> {
    await loading
    await tolerate(() => storage.put(entry.item))
    entry.stored = true
    if (find(entry.item.key) !== entry || entry.seq !== undefined) await forget(entry.item.key) // taken back, or acknowledged, in the meantime
    onReady()
  }

  return {
    get entries() {
      return entries
    },
    get loaded() {
      return loaded
    },
    find,
    add(given, at) {
      latest = Math.max(at, latest + 1)
      const item: OutboxItem = { ...given, at: latest, state: 'waiting' }
      const entry: Entry = { item, posted: defer(), stored: false, tries: 0, notBefore: 0 }
      entries = [...entries, entry]
      quiet(keep(entry))
      onChange()
      return entry
    },
    change(entry, news) {
      const { refusal: _, ...item } = entry.item
      entry.item = { ...item, ...news }
      onChange()
    },
    keep: (entry) => void quiet(keep(entry)),
    remove(gone) {
      const left = entries.filter((entry) => !gone(entry))
      if (left.length === entries.length) return
      entries = left
      onChange()
    },
    forget,
  }
}

function restored(item: OutboxItem): Entry {
  const state = item.state === 'failed' ? 'failed' : 'waiting'
  return { item: { ...item, state }, posted: defer(), stored: true, tries: 0, notBefore: 0 }
}
