import type { Bus } from '../bus/bus.ts'
import type { PresenceState } from '../protocol/server-frames.ts'
import { controlTopic } from './topics.ts'

interface Present {
  states: Map<string, PresenceState>
  told: PresenceState
  rooms: string[]
  /** Stops the announcement that everyone of this account has gone. */
  cancel?: (() => void) | undefined
  /** While this is set it was told a moment ago; calling it off is for the end of the process. */
  settling?: (() => void) | undefined
}
interface Deps {
  bus: Bus
  /** Calls back after `ms`, unless cancelled. */
  later: (ms: number, then: () => void) => () => void
}

/** ms that an account stays "there" after its last connection went: a reload is no leaving. */
const grace = 15_000
/** ms between two announcements about one account: whoever flips to and fro costs the neighbours no more than this. */
const settle = 1000

/** Who is there, from the connections of this node. Never stored: a crash heals by itself. */
export function createPresence({ bus, later }: Deps) {
  const accounts = new Map<string, Present>()

  const sum = (present: Present): PresenceState =>
    [...present.states.values()].includes('active') ? 'active' : present.states.size > 0 ? 'away' : 'offline'

  function tell(account: string, present: Present, rooms: string[]): void {
    present.rooms = rooms
    const state = sum(present)
    if (state === present.told || present.settling) return
    present.told = state
    present.settling = later(settle, () => {
      present.settling = undefined
      if (present.states.size > 0) tell(account, present, present.rooms)
    })
    if (state === 'offline') accounts.delete(account)
    void bus.publish(controlTopic, { kind: 'presence', node: '', account, state, rooms })
  }

  return {
    set(account: string, connection: string, state: 'active' | 'away', rooms: string[]): void {
      const present: Present = accounts.get(account) ?? { states: new Map(), told: 'offline', rooms }
      accounts.set(account, present)
      present.cancel?.()
      present.cancel = undefined
      present.states.set(connection, state)
      tell(account, present, rooms)
    },
    gone(account: string, connection: string, rooms: string[]): void {
      const present = accounts.get(account)
      if (!present?.states.delete(connection)) return
      if (present.states.size > 0) return tell(account, present, rooms)
      present.cancel = later(grace, () => tell(account, present, rooms))
    },
    of: (account: string): PresenceState => accounts.get(account)?.told ?? 'offline',
    clear(): void {
      for (const { cancel, settling } of accounts.values()) {
        cancel?.()
        settling?.()
      }
      accounts.clear()
    },
  }
}

export type Presence = ReturnType<typeof createPresence>
