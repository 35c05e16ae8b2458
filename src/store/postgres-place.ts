/** Where a PostgreSQL is, and how it is spoken to. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a unix socket. */
  host: string
  port: number
  user: string
  password?: string
  database: string
  /** Its certificate must be good for `host`; signed by `ca` (PEM) or else by an authority that this machine trusts. None on this machine. */
  tls?: { ca?: string }
}

export interface PostgresLimits {
  /** Connections of this node, besides the one that appends. */
  poolSize: number
  /** ms that one statement may take. */
  statementTimeout: number
}
