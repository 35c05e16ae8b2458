import pg from 'pg'
import { type Ask, clientConfig } from './postgres-connection.ts'
import { unfitness } from './postgres-fitness.ts'
import type { PostgresPlace } from './postgres-place.ts'
import { isAdditive, type Steps, stepsOf } from './postgres-steps.ts'

/** What a database says of itself to the role that works in it. */
export interface PostgresFacts {
  version: string
  /** To it and back, on a connection that is open. */
  ms: number
  /** The version of TLS, where there is any. */
  tls: string | undefined
  /** What must be set before what it acknowledges is safe, in words. */
  unfit: string[]
  /** `most` may be open for this role, of which `ours` and `others` are. */
  connections: { most: number; ours: number; others: number }
  /** `bearable`: this version can work beside the one that knows the unknown steps. */
  steps: Steps & { bearable: boolean }
}

/** ms for one question. */
const patience = 5000

/** Looks, and changes nothing. @throws what the driver says when it cannot be reached, or does not let us in */
export async function examinePostgres(place: PostgresPlace): Promise<PostgresFacts> {
  const client = new pg.Client(clientConfig(place, { statementTimeout: patience }))
  client.on('error', () => undefined)
  try {
    await client.connect()
    const ask: Ask = async <Row>(text: string, values: unknown[] = []) =>
      (await client.query<Row & pg.QueryResultRow>(text, values)).rows as Row[]
    const began = performance.now()
    const [about] = await ask<{ version: string; tls: string | null }>(`
      select current_setting('server_version') as version, (select version from pg_stat_ssl where pid = pg_backend_pid() and ssl) as tls`)
    const ms = performance.now() - began
    const steps = await stepsOf(ask)
    return {
      version: about?.version ?? '',
      ms,
      tls: about?.tls ?? undefined,
      unfit: await unfitness(ask),
      connections: await connections(ask),
      steps: { ...steps, bearable: steps.unknown.every(isAdditive) },
    }
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Only the sums of all databases can be seen by everybody. */
async function connections(ask: Ask): Promise<PostgresFacts['connections']> {
  const [row] = await ask<{ most: number; role: number; database: number; all: number; ours: number }>(`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as most,
      (select rolconnlimit from pg_roles where rolname = current_user) as role,
      (select datconnlimit from pg_database where datname = current_database()) as database,
      (select sum(numbackends)::int from pg_stat_database) as all,
      (select count(*)::int from pg_stat_activity where application_name = 'parley' and usename = current_user) as ours`)
  if (!row) throw new Error('The database says nothing about its connections.')
  const [limits, ours] = [[row.role, row.database].filter((limit) => limit >= 0), row.ours - 1] // this one goes again
  return { most: Math.min(row.most, ...limits), ours, others: Math.max(row.all - row.ours, 0) }
}
