import type { TestPostgres } from '../support/postgres.ts'
import type { TestRedis } from '../support/redis.ts'
import type { Node } from './node.ts'
import type { Road } from './road.ts'

/** What stands behind the nodes of a cluster. */
export interface Behind {
  /** The database that the nodes are led to: another one after a failover. */
  store: TestPostgres
  /** Of the house, in it. */
  readonly database: string
  bus: TestRedis
  /** The roads of each node, by its name. */
  readonly wires: Readonly<Record<string, Wires>>
}
export interface Wires {
  store: Road
  bus: Road
}

/** Everything that a Parley consists of somewhere, and what can be done to it from outside. */
export interface Deployment {
  readonly kind: 'sqlite' | 'cluster'
  readonly nodes: readonly Node[]
  readonly behind?: Behind
  /** Certificates that people believe: of every pair that the nodes may come to have. */
  readonly ca: string
  /** Further pairs, to be put in place of the present one. */
  readonly pairs: readonly { key: string; cert: string }[]
  /** Of people who talk and listen; the last is a stranger. */
  readonly tokens: readonly string[]
  /** Of logins that may be ended. */
  readonly doomed: readonly string[]
  close(): Promise<void>
}
