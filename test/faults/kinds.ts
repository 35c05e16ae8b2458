import type { Deployment } from './deployment.ts'
import type { Fault } from './fault.ts'
import { bus } from './kinds/bus.ts'
import { crashes } from './kinds/crashes.ts'
import { machine } from './kinds/machine.ts'
import { nodes } from './kinds/nodes.ts'
import { operator } from './kinds/operator.ts'
import { people } from './kinds/people.ts'
import { roads } from './kinds/roads.ts'
import { store } from './kinds/store.ts'

/** Everything bad that we know how to do. */
export const kinds: Record<string, Fault> = { ...crashes, ...roads, ...people, ...operator, ...machine, ...nodes, ...bus, ...store }

/** Those that can be done here, and why others cannot. */
export function possible(on: Deployment['kind'], names = Object.keys(kinds)): { names: string[]; left: [string, string][] } {
  const left: [string, string][] = []
  const can = names.filter((name) => {
    const fault = kinds[name]
    if (!fault) throw new Error(`There is no fault "${name}".`)
    if (fault.on !== undefined && fault.on !== on) return false
    const missing = fault.missing?.()
    if (missing !== undefined) left.push([name, missing])
    return missing === undefined
  })
  return { names: can, left }
}
