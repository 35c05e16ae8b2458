import type { BusMessage } from './bus.ts'

type Listener = (message: BusMessage) => void

/** Who listens here, by topic. */
export function createListeners() {
  const byTopic = new Map<string, Set<Listener>>()
  return {
    /** Calls them in this turn. */
    tell(topic: string, message: BusMessage): void {
      for (const listener of byTopic.get(topic) ?? []) listener(message)
    },
    add(topic: string, listener: Listener): () => void {
      const audience = byTopic.get(topic) ?? new Set()
      byTopic.set(topic, audience.add(listener))
      return () => {
        audience.delete(listener)
        if (audience.size === 0) byTopic.delete(topic)
      }
    },
    topics: (): string[] => [...byTopic.keys()],
    clear: (): void => byTopic.clear(),
  }
}
