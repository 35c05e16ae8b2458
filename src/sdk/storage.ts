import type { OutboxItem, OutboxStorage } from './outbox.ts'

/** Forgets with the process; the page brings one over IndexedDB. */
export function memoryStorage(): OutboxStorage {
  const items = new Map<string, OutboxItem>()
  return {
    all: async () => [...items.values()],
    put: async (item) => {
      items.set(item.key, item)
    },
    delete: async (key) => {
      items.delete(key)
    },
  }
}
