import type { Posted } from '../protocol/server-frames.ts'
import { type Deferred, defer } from './deferred.ts'
import { Lost, Refused } from './errors.ts'
import { newKey } from './key.ts'
import type { LineState } from './line.ts'
import type { Ask, Fields } from './requests.ts'
import type { Timers } from './timers.ts'

export type ChangeType = 'edit' | 'remove' | 'react'

export interface Changes {
  /** @throws Refused; Lost when no connection came in time, or two were lost */
  make<T extends ChangeType>(type: T, fields: Omit<Fields<T>, 'key'>): Promise<Posted>
  /** What became of the line. */
  line(state: LineState): void
}

const patienceMs = 30_000
const againMs = 1_000
const mostTries = 5

/** Edits, removals, reactions: under one key each, so that they may go again; not kept for later, for by then they mean something else. */
export function createChanges(ask: Ask, timers: Timers, state: () => LineState): Changes {
  const waiting = new Set<Deferred<void>>()
  const hopeless = ({ state }: LineState) => state === 'offline' || state === 'stopped'

  async function whenLive(): Promise<void> {
    if (state().state === 'live') return
    if (hopeless(state())) throw new Lost('There is no connection.')
    const live = defer<void>()
    waiting.add(live)
    const alarm = timers.set(() => live.reject(new Lost('There is no connection.')), patienceMs)
    try {
      await live.promise
    } finally {
      timers.clear(alarm)
      waiting.delete(live)
    }
  }

  const pause = (ms: number) => new Promise<void>((resolve) => timers.set(resolve, ms))

  return {
    async make(type, fields) {
      const named = { ...fields, key: newKey() } as Fields<typeof type>
      let losses = 0
      for (let tries = 1; ; tries++) {
        await whenLive()
        try {
          return await ask(type, named)
        } catch (error) {
          const lostOnce = error instanceof Lost && ++losses === 1
          const later = error instanceof Refused && error.retryable && tries < mostTries
          if (later) await pause(error.retryAfterMs ?? againMs)
          else if (!lostOnce) throw error
        }
      }
    },
    line(now) {
      for (const live of [...waiting]) {
        if (now.state === 'live') live.resolve()
        else if (hopeless(now)) live.reject(new Lost('There is no connection.'))
      }
    },
  }
}
