import { setTimeout as after } from 'node:timers/promises'
import type { CloseReason } from '../protocol/codes.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'

interface Deps {
  hub: Hub
  leave: (connection: Connection, reason: CloseReason) => void
  drainMs: () => number
}

/** ms for each connection that comes back: handshakes cost the next process about one of them. */
const perConnection = 4
const [shortest, longest] = [1000, 30_000]
/** ms before the first comes back: a process does not start in less. */
const startTime = 1000

/** A slot for each to come back in, one after the other, so that they do not all come at once. */
function slotOf(i: number, all: number): [number, number] {
  const window = Math.min(longest, Math.max(shortest, all * perConnection))
  return [startTime + Math.floor((i / all) * window), startTime + Math.floor(((i + 1) / all) * window)]
}

/**
 * Sends everyone elsewhere: nothing more is read, what was asked is answered (so that what was written is on
 * disk), what is queued goes out, then `bye` and 1012. Whoever is not done when the time is up is cut off; their
 * clients still hold what was not acknowledged.
 */
export function createDrain({ hub, drainMs }: Deps) {
  return async (): Promise<void> => {
    const until = performance.now() + drainMs()
    const all = hub.connections.size
    let sent = 0
    for (const { tap } of hub.connections.values()) tap.shut('drain')
    while (hub.connections.size > 0 && performance.now() < until) {
      const ready = [...hub.connections.values()].filter(({ isDead, inlet, outlet }) => !isDead && inlet.unanswered === 0 && outlet.isEmpty)
      await Promise.all(
        ready.slice(0, 500).map((connection) => {
          connection.tap.open('drain') // to read the peer's close frame; the inlet is shut
          return connection.end('restart', slotOf(sent++, all)).finally(() => hub.remove(connection))
        }),
      )
      if (hub.connections.size > 0) await after(10)
    }
    for (const { ws } of [...hub.connections.values()]) ws.terminate()
  }
}
