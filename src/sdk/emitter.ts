type Listener<Given> = (given: Given) => unknown

export interface Emitter<Events> {
  on<E extends keyof Events>(event: E, listener: Listener<Events[E]>): () => void
  emit<E extends keyof Events>(event: E, given: Events[E]): void
}

/**
 * Tells listeners one thing after the other: what a listener causes is told after everybody has heard what caused it.
 * A listener that throws, or whose promise rejects, stops nobody; it is told as `fault`.
 */
export function createEmitter<Events extends { fault: unknown }>(): Emitter<Events> {
  const listeners: { [E in keyof Events]?: Set<{ hear: Listener<Events[E]> }> } = {}
  const untold: (() => void)[] = []
  let telling = false

  function on<E extends keyof Events>(event: E, hear: Listener<Events[E]>): () => void {
    const entry = { hear }
    listeners[event] ??= new Set()
    listeners[event].add(entry)
    return () => listeners[event]?.delete(entry)
  }

  function tell<E extends keyof Events>(event: E, given: Events[E]): void {
    // Faults of those who listen for faults end here: telling them again would never stop.
    const failed = (error: unknown) => (event === 'fault' ? undefined : emit('fault', error as Events['fault']))
    for (const { hear } of [...(listeners[event] ?? [])]) {
      try {
        const result = hear(given)
        if (result instanceof Promise) result.catch(failed)
      } catch (error) {
        failed(error)
      }
    }
  }

  function emit<E extends keyof Events>(event: E, given: Events[E]): void {
    untold.push(() => tell(event, given))
    if (telling) return
    telling = true
    for (let next = untold.shift(); next; next = untold.shift()) next()
    telling = false
  }

  return { on, emit }
}
