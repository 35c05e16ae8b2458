import type { PresentNews } from '../bus/bus.ts'
import type { PresenceState } from '../protocol/server-frames.ts'

interface Node {
  /** Monotonic ms. */
  heardAt: number
  people: Map<string, PresentNews>
}

/** ms without a sign of life after which a node is taken to be gone, and everyone there with it. */
const lease = 10_000

const rank: Record<PresenceState, number> = { offline: 0, away: 1, active: 2 }
export const strongest = (a: PresenceState, b: PresenceState): PresenceState => (rank[a] >= rank[b] ? a : b)

/** Who is there through other nodes, as they tell it. A node that falls silent takes its people with it. */
export function createElsewhere(monotonic: () => number) {
  const nodes = new Map<string, Node>()

  function at(node: string): Node {
    const there = nodes.get(node) ?? { heardAt: 0, people: new Map() }
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
      const { people } = at(node)
      if (news.state === 'offline') people.delete(news.account)
      else people.set(news.account, news)
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
