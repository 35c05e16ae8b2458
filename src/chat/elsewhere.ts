import type { PresentNews } from '../bus/bus.ts'
import type { PresenceState } from '../protocol/server-frames.ts'

interface Node {
  /** Monotonic ms. */
  heardAt: number
  people: Map<string, PresentNews>
  /** Accounts by room. */
  rooms: Map<string, Set<string>>
}

/** ms without a sign of life after which a node is taken to be gone, and everyone there with it. */
const lease = 10_000

const rank: Record<PresenceState, number> = { offline: 0, away: 1, active: 2 }
export const strongest = (a: PresenceState, b: PresenceState): PresenceState => (rank[a] >= rank[b] ? a : b)

/** Who is there through other nodes, as they tell it. A node that falls silent takes its people with it. */
export function createElsewhere(monotonic: () => number) {
  const nodes = new Map<string, Node>()

  function at(node: string): Node {
    const there = nodes.get(node) ?? { heardAt: 0, people: new Map(), rooms: new Map() }
    nodes.set(node, there)
    there.heardAt = monotonic()
    return there
  }

  return {
    of(account: string): PresenceState {
      let state: PresenceState = 'offline'
      for (const { people } of nodes.values()) state = strongest(state, people.get(account)?.state ?? 'offline')
      return state
    },
    alive: (node: string): void => void at(node),
    note(node: string, news: PresentNews): void {
      const { people, rooms } = at(node)
      const { account } = news
      for (const room of people.get(account)?.rooms ?? []) {
        rooms.get(room)?.delete(account)
        if (rooms.get(room)?.size === 0) rooms.delete(room)
      }
      people.delete(account)
      if (news.state === 'offline') return
      people.set(account, news)
      for (const room of news.rooms) rooms.set(room, (rooms.get(room) ?? new Set()).add(account))
    },
    /** Who is there of the people in a room; nobody in one that holds more than `most`. */
    *inRoom(room: string, most: number): Generator<string> {
      for (const { rooms } of nodes.values()) {
        const accounts = rooms.get(room)
        if (accounts && accounts.size <= most) yield* accounts
      }
    },
    /** Nothing was heard for a while, which was not their fault. */
    forgive(): void {
      for (const node of nodes.values()) node.heardAt = monotonic()
    },
    /** Those who went with nodes that are gone. */
    expire(): PresentNews[] {
      const late = [...nodes].filter(([, { heardAt }]) => monotonic() - heardAt > lease)
      for (const [node] of late) nodes.delete(node)
      return late.flatMap(([, { people }]) => [...people.values()])
    },
  }
}
