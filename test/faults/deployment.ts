import type { Node } from './node.ts'
import type { Road } from './road.ts'

/** A service beside the nodes: a database, a bus. */
export interface Service {
  readonly name: 'postgres' | 'redis'
  /** From what it has on disk. Resolves when it takes connections. */
  start(): Promise<void>
  /** SIGKILL ends it as a crash would; SIGSTOP and SIGCONT hold it and let it go on. */
  signal(signal: NodeJS.Signals): Promise<void>
  /** A command of its own client: FLUSHALL, `config set …`. */
  tell(...words: string[]): Promise<string>
}

/** Everything that a Parley consists of somewhere, and what can be done to it from outside. */
export interface Deployment {
  readonly kind: 'sqlite' | 'cluster'
  readonly nodes: readonly Node[]
  readonly store?: Service
  readonly bus?: Service
  /** Between nodes and services, where there are any. */
  readonly roads: readonly Road[]
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
