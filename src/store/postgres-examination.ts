import pg from 'pg'
import { type Ask, clientConfig } from './postgres-connection.ts'
import { unfitness } from './postgres-fitness.ts'
import type { PostgresPlace } from './postgres-place.ts'
import { isAdditive, type Steps, stepsOf } from './postgres-steps.ts'

/** Where connections are scarcest for us: by whose limit there are `most`, and how many of those others hold. */
interface Room {
  by: 'server' | 'role' | 'database'
  most: number
  others: number
}

/** What a database says of itself to the role that works in it. */
export interface PostgresFacts {
  version: string
  /** To it and back, on a connection that is open. */
  ms: number
  /** The version of TLS, where there is any. */
  tls: string | undefined
  /** What must be set before what it acknowledges is safe, in words. */
  unfit: string[]
  connections: Room
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

/** Each limit counts other connections: those of all, of this role, or to this database. Without more rights only sums are to be had of all. */
async function connections(ask: Ask): Promise<Room> {
  const [row] = await ask<Record<'server' | 'all' | 'role' | 'ofRole' | 'database' | 'ofDatabase' | 'ours', number>>(`
    select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
        - coalesce(current_setting('reserved_connections', true), '0')::int as server,
      (select sum(numbackends)::int from pg_stat_database) as all,
      (select rolconnlimit from pg_roles where rolname = current_user) as role,
      (select datconnlimit from pg_database where datname = current_database()) as database,
      count(*) filter (where usename = current_user)::int as "ofRole",
      count(*) filter (where usename is not null and datname = current_database())::int as "ofDatabase",
      count(*) filter (where usename = current_user and datname = current_database() and application_name = 'parley')::int as ours
    from pg_stat_activity`)
  if (!row) throw new Error('The database says nothing about its connections.')
  const room = (by: Room['by'], most: number, held: number): Room => ({ by, most, others: Math.max(held - row.ours, 0) })
  const all = [
    room('server', row.server, row.all),
    ...(row.role < 0 ? [] : [room('role', row.role, row.ofRole)]),
    ...(row.database < 0 ? [] : [room('database', row.database, row.ofDatabase)]),
  ]
  return all.reduce((least, one) => (one.most - one.others < least.most - least.others ? one : least))
}
