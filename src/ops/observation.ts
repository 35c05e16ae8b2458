import type { Logger } from 'pino'
import type { Committed, StoreMeter } from '../store/meter.ts'
import { createMetrics } from './metrics.ts'
import { watchStore } from './store-watch.ts'

interface Deps {
  /** Writes something into the store, and throws while that cannot be done. */
  probe: () => Promise<void>
  log: Logger
  /** ms between two tries while nothing can be written. */
  probeEvery?: number
}

/** What one server knows of how it is doing: its figures, and whether its store takes writes. */
export function createObservation({ probe, log, probeEvery = 5000 }: Deps) {
  const metrics = createMetrics()
  const watch = watchStore({ probe, log, every: probeEvery })
  let afterTurn = (then: () => void): void => then()

  const store: StoreMeter = {
    committed(commit: Committed): void {
      metrics.meters.store.committed(commit)
      if (commit.landed.length === 0) return // a look-up alone proves nothing, and nobody is told of it
      watch.wrote()
      afterTurn(() => metrics.meters.delivered(commit))
    },
    failed(fault, by, isOfAll = false): void {
      metrics.meters.store.failed(fault, by)
      if (by === 'writer' && (fault !== 'other' || isOfAll)) watch.failed(fault) // `other` may be the fault of one entry
    },
  }

  return {
    meters: { ...metrics.meters, store },
    /** @param after calls back when all that has been told so far is with the sockets. */
    deliversThrough(after: (then: () => void) => void): void {
      afterTurn = after
    },
    /** Why nobody should be sent here; empty when there is nothing. */
    reasons: (): 'store'[] => (watch.isRed ? ['store'] : []),
    text: metrics.text,
    close(): void {
      watch.close()
      metrics.close()
    },
  }
}
