import { setTimeout as passed } from 'node:timers/promises'
import type { Chance } from '../gateway/chance.ts'
import type { Behind, Deployment, Wires } from './deployment.ts'
import type { Node } from './node.ts'
import type { Oracle } from './oracle.ts'

/** What a fault can lay hands on, while people talk. */
export interface Scene {
  deployment: Deployment
  /** The node that it happens to. */
  node: Node
  oracle: Oracle
  chance: Chance
}

/** Something bad that happens. When `play` returns, the harm is over and the house should be as before. */
export interface Fault {
  words: string
  /** Where it makes sense; everywhere, if nothing is said. */
  on?: 'sqlite' | 'cluster'
  /** Why it cannot be done on this machine, where it cannot. */
  missing?: () => string | undefined
  /** @throws Error when what must happen does not: a server that should end, and lives on. */
  play(scene: Scene): Promise<void>
}

/** What stands behind the nodes, and the roads of this one there. @throws Error where nothing does */
export function around({ deployment, node }: Pick<Scene, 'deployment' | 'node'>): { behind: Behind; wires: Wires } {
  const { behind } = deployment
  const wires = behind?.wires[node.name]
  if (!behind || !wires) throw new Error(`${node.name} has no roads to a database and a bus`)
  return { behind, wires }
}

/** Some ms, between `least` and twice that: harm has no beat. */
export const aWhile = ({ chance }: Pick<Scene, 'chance'>, least: number): Promise<void> => passed(least + chance.below(least))

/** ms after which something that must happen has not. A guard, for machines under load. */
export const guard = 30_000

/** @throws Error when it has not happened by then */
export async function within<T>(what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const timer = passed(guard, undefined, { signal: late.signal }).then(
    () => {
      throw new Error(`${what}: not within ${guard / 1000} s`)
    },
    () => work,
  )
  try {
    return await Promise.race([work, timer])
  } finally {
    late.abort()
  }
}
