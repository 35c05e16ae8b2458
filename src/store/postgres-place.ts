/** Where a PostgreSQL is, and how it is spoken to. */
export interface PostgresPlace {
  /** A name, an address, or the folder of a unix socket. */
  host: string
  port: number
  user: string
  password?: string
  database: string
  /** Its certificate must be good for `host`, signed by the authority in `caFile` (PEM) or else by a well-known one. */
  tls?: { caFile?: string }
}

export interface PostgresLimits {
  /** Connections of this node, besides the one that appends. */
  poolSize: number
  /** ms that one statement may take. */
  statementTimeout: number
}
