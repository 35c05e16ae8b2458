import type { Bus, BusMessage, PresentNews } from '../bus/bus.ts'
import type { PresenceState } from '../protocol/server-frames.ts'
import { createElsewhere, strongest } from './elsewhere.ts'
import { controlTopic, nodeTopic } from './topics.ts'

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
  bus: Pick<Bus, 'publish' | 'figures'>
  /** This one among the nodes. */
  node: string
  monotonic: () => number
  /** Calls back after `ms`, unless cancelled. */
  later: (ms: number, then: () => void) => () => void
}

/** ms that an account stays "there" after its last connection went: a reload is no leaving. */
const grace = 15_000
/** ms between two announcements about one account: whoever flips to and fro costs the neighbours no more than this. */
const settle = 1000
/** People and rooms of theirs told of in one message to a node that asks: far below what a letter may hold. */
const together = 4000

/** Who is there: from the connections of this node, and from what the others tell. Never stored: a crash heals by itself. */
export function createPresence({ bus, node, monotonic, later }: Deps) {
  const accounts = new Map<string, Present>()
  const elsewhere = createElsewhere(monotonic)

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
    void bus.publish(controlTopic, { kind: 'presence', node, account, state, rooms })
  }

  const of = (account: string): PresenceState => strongest(accounts.get(account)?.told ?? 'offline', elsewhere.of(account))
  const asSeen = ({ account, rooms }: PresentNews): PresentNews => ({ account, state: of(account), rooms })

  /** Who is here, to one node or to all. */
  function tellAll(topic: string): void {
    const people = [...accounts].map(([account, { told, rooms }]) => ({ account, state: told, rooms }))
    for (const some of bundles(people)) void bus.publish(topic, { kind: 'present', node, people: some })
  }

  return {
    of,
    /** Who is there through other nodes, of the people in a room. */
    elsewhere: elsewhere.inRoom,
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
    /** What a node says of its people. Returns what is to be shown of them here: whoever has left one node may be there through another. */
    hear(message: BusMessage): PresentNews[] {
      if (message.kind === 'presence') {
        if (message.node !== node) elsewhere.note(message.node, message)
        return [asSeen(message)]
      }
      if (message.kind === 'present') {
        if (message.node === node) return []
        const before = message.people.map(({ account }) => of(account))
        for (const one of message.people) elsewhere.note(message.node, one)
        return message.people.map(asSeen).filter(({ state }, i) => state !== before[i])
      }
      if (message.kind !== 'here' || message.node === node) return []
      elsewhere.alive(message.node)
      if (message.asks) tellAll(nodeTopic(message.node))
      return []
    },
    /**
     * Every few seconds: says that this node is there. Whoever asks for the people of the others has been away, and says again who is here.
     * Returns those who went with nodes that are not. While nothing is heard at all, nobody is gone.
     */
    beat(asks = false): PresentNews[] {
      void bus.publish(controlTopic, { kind: 'here', node, asks })
      if (asks) tellAll(controlTopic)
      if (asks || !bus.figures().up) elsewhere.forgive()
      return elsewhere.expire().map(asSeen)
    },
    clear(): void {
      for (const { cancel, settling } of accounts.values()) {
        cancel?.()
        settling?.()
      }
      accounts.clear()
    },
  }
}

function* bundles(people: PresentNews[]): Generator<PresentNews[]> {
  let [bundle, size]: [PresentNews[], number] = [[], 0]
  for (const one of people) {
    if (bundle.length > 0 && size + 1 + one.rooms.length > together) {
      yield bundle
      ;[bundle, size] = [[], 0]
    }
    bundle.push(one)
    size += 1 + one.rooms.length
  }
  if (bundle.length > 0) yield bundle
}

export type Presence = ReturnType<typeof createPresence>
