import type { BusFigures } from '../../bus/bus.ts'
import type { MetricsRegistry } from './registry.ts'

interface Readings {
  bus: BusFigures
  nodes: { live: number; holds: boolean } | undefined
}

/** The road between nodes, and this one's place among them. The bus counts from its beginning; here only what came since the last reading is added. */
export function createRoad({ set, tally }: MetricsRegistry) {
  const messages = tally('parley_bus_messages_total')
  const troubles = tally('parley_bus_troubles_total')
  let before: Omit<BusFigures, 'up'> = { sent: 0, heard: 0, unsent: 0, refused: 0, troubles: 0 }
  return {
    read({ bus, nodes }: Readings): void {
      for (const way of ['sent', 'heard', 'unsent', 'refused'] as const) messages.add(bus[way] - before[way], way)
      troubles.add(bus.troubles - before.troubles)
      before = bus
      set('parley_bus_up', Number(bus.up))
      set('parley_nodes', nodes?.live)
      set('parley_lease_held', nodes && Number(nodes.holds))
    },
  }
}
