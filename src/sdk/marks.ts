import { quiet } from './deferred.ts'
import { Refused } from './errors.ts'
import type { Ask } from './requests.ts'

export interface Marks {
  /** @throws Refused */
  read(room: string, seq: number): Promise<void>
  /** What was not acknowledged goes again. */
  connected(): void
}

/** My read marks on their way to the server: per room only the furthest counts. */
export function createMarks(ask: Ask, onRead: (room: string, seq: number) => void): Marks {
  const underWay = new Map<string, number>()

  async function send(room: string, seq: number): Promise<void> {
    try {
      await ask('read', { room, seq })
      onRead(room, seq)
    } catch (error) {
      if (!(error instanceof Refused) || error.retryable) return // kept for the next connection
      if (underWay.get(room) === seq) underWay.delete(room)
      throw error
    }
    if (underWay.get(room) === seq) underWay.delete(room)
  }

  return {
    async read(room, seq) {
      if (seq <= (underWay.get(room) ?? 0)) return
      underWay.set(room, seq)
      await send(room, seq)
    },
    connected() {
      for (const [room, seq] of underWay) quiet(send(room, seq))
    },
  }
}
