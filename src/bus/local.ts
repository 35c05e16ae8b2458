import type { Bus, BusMessage } from './bus.ts'

/** One node is its own road: to publish is to call, so that a listener has acted when `publish` returns. */
export function createLocalBus(): Bus {
  const listeners = new Map<string, Set<(message: BusMessage) => void>>()
  return {
    publish(topic, message) {
      for (const listener of listeners.get(topic) ?? []) listener(message)
      return Promise.resolve()
    },
    async subscribe(topic, listener) {
      const audience = listeners.get(topic) ?? new Set()
      listeners.set(topic, audience.add(listener))
      return () => {
        audience.delete(listener)
        if (audience.size === 0) listeners.delete(topic)
      }
    },
    async close() {
      listeners.clear()
    },
  }
}
