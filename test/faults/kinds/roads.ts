import { aWhile, type Fault } from '../fault.ts'

/** What happens between people and a node. */
export const roads: Record<string, Fault> = {
  cut: {
    words: 'all connections are reset',
    async play({ node }) {
      node.road.cut()
    },
  },
  flap: {
    words: 'nobody gets through, again and again',
    async play({ node, chance }) {
      for (let i = 0; i < 3; i++) {
        node.road.block()
        await aWhile({ chance }, 60)
        node.road.mend()
        await aWhile({ chance }, 150)
      }
    },
  },
  strand: {
    words: 'half-open connections: neither end hears of the other again, and neither is told',
    async play({ node, chance }) {
      node.road.strand()
      await aWhile({ chance }, 300)
    },
  },
  'one-way-there': {
    words: 'what people say is held on the road, then lost with the connection',
    async play({ node, chance }) {
      node.road.hold('there')
      await aWhile({ chance }, 300)
      node.road.cut()
      node.road.mend()
    },
  },
  'one-way-back': {
    words: 'what the server says is held on the road, then lost with the connection: done, and nobody knows',
    async play({ node, chance }) {
      node.road.hold('back')
      await aWhile({ chance }, 300)
      node.road.cut()
      node.road.mend()
    },
  },
  pause: {
    words: 'both ways are held, then all comes at once',
    async play({ node, chance }) {
      node.road.hold('there', 'back')
      await aWhile({ chance }, 400)
      node.road.mend()
    },
  },
  late: {
    words: 'each piece is late, by chance more or less',
    async play({ node, chance }) {
      node.road.slow(5 + chance.below(60))
      await aWhile({ chance }, 400)
      node.road.mend()
    },
  },
  narrow: {
    words: 'little gets through at a time',
    async play({ node, chance }) {
      node.road.narrow(200_000 + chance.below(400_000))
      await aWhile({ chance }, 400)
      node.road.mend()
    },
  },
}
