import type { BusFigures } from '../../bus/bus.ts'
import type { MetricsRegistry } from './registry.ts'

interface Readings {
  bus: BusFigures
  nodes: { live: number; holds: boolean; age: number | undefined } | undefined
  fallbacks: Record<'sessions' | 'limits', number>
}

/** The road between nodes, and this one's place among them. The bus counts from its beginning; here only what came since the last reading is added. */
export function createRoad({ set, tally }: MetricsRegistry) {
  const messages = tally('parley_bus_messages_total')
  const troubles = tally('parley_bus_troubles_total')
  const fell = tally('parley_redis_fallbacks_total')
  const ways = ['sent', 'heard', 'unsent', 'refused', 'unknown'] as const
  let before: Omit<BusFigures, 'up'> = { sent: 0, heard: 0, unsent: 0, refused: 0, unknown: 0, troubles: 0 }
  let fallen = { sessions: 0, limits: 0 }
  return {
    read({ bus, nodes, fallbacks }: Readings): void {
      for (const way of ways) messages.add(bus[way] - before[way], way)
      troubles.add(bus.troubles - before.troubles)
      before = bus
      for (const what of ['sessions', 'limits'] as const) fell.add(fallbacks[what] - fallen[what], what)
      fallen = { ...fallbacks }
      set('parley_bus_round_trip_seconds', bus.roundTrip === undefined ? undefined : bus.roundTrip / 1000)
      set('parley_lease_age_seconds', nodes?.age === undefined ? undefined : nodes.age / 1000)
      set('parley_bus_up', Number(bus.up))
      set('parley_nodes', nodes?.live)
      set('parley_lease_held', nodes && Number(nodes.holds))
    },
  }
}
