import type { Config } from '../../config.ts'
import { codeOf, type Finding, fault, good, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

type InPostgres = Extract<Config['store'], { kind: 'postgres' }>
type Facts = Awaited<ReturnType<Patient['instruments']['postgres']>>

/** ms to the database and back: each commit takes two such ways. */
const slow = 20

/** A store in PostgreSQL: that it is there, keeps what it acknowledges, has room for the nodes, and has the form that this version wants. */
export const postgresCheck: Check = {
  ids: ['D-STORE-REACH', 'D-STORE-DURABLE', 'D-STORE-CONNECTIONS', 'D-STORE-STEPS'],
  at: 'home',
  async look({ config: { store }, instruments, server }) {
    if (store.kind === 'sqlite') return []
    let facts: Facts
    try {
      facts = await instruments.postgres(store.place)
    } catch (error) {
      return [unreachable(store, error)]
    }
    const nodes = 1 + (server?.nodes?.live.length ?? 0)
    return [
      aboutReach(store, facts),
      aboutDurability(facts),
      aboutConnections(store, facts, nodes),
      aboutSteps(facts, server !== undefined),
    ]
  },
}

const nameOf = ({ place: { host, port } }: InPostgres): string => (host.startsWith('/') ? host : `${host}:${port}`)
/** As psql takes it; the password is asked for. */
const psql = ({ place: { host, port, user, database, tls } }: InPostgres): string =>
  `psql "host=${host} port=${port} user=${user} dbname=${database}${tls ? ` sslmode=verify-full sslrootcert=${tls.caFile ?? 'system'}` : ''}"`

/** What the system, TLS or PostgreSQL says, and what to do. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const reasons: readonly (readonly [code: RegExp, words: string, fix: (store: InPostgres) => string])[] = [
  [/^ECONNREFUSED$/, 'nobody listens there', ({ place }) => `pg_isready --host ${place.host} --port ${place.port}`],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'no address belongs to that name', ({ place }) => `getent hosts ${place.host}`],
  [
    /^(28P01|28000)$/,
    'it does not let this user in',
    (store) => `${psql(store)} -c 'select 1'   # then store.url, and pg_hba.conf over there`,
  ],
  [
    /^3D000$/,
    'there is no such database',
    ({ place }) => `createdb --owner ${place.user} --encoding UTF8 --template template0 ${place.database}`,
  ],
  [
    /^(53300|08004)$/,
    'it has no connection left',
    (store) => `${psql(store)} -c 'show max_connections'   # more of them, or a smaller store.poolSize`,
  ],
  [/^57P0/, 'it is just starting or stopping', ({ place }) => `pg_isready --host ${place.host} --port ${place.port}`],
  [
    /CERT|SIGNATURE|ALTNAME|SSL|TLS/i,
    'its certificate is not good for that name, or no authority that is known here vouches for it',
    ({ place }) => `openssl s_client -starttls postgres -connect ${place.host}:${place.port} < /dev/null   # then sslrootcert in store.url`,
  ],
  [/^ENOENT$/, 'the file that sslrootcert names, or the socket, is not there', ({ place }) => `ls -l '${place.tls?.caFile ?? place.host}'`],
]

function unreachable(store: InPostgres, error: unknown): Finding {
  const code = codeOf(error)
  const [, words, fix] = reasons.find(([form]) => form.test(code)) ?? []
  const what = words === undefined ? code : `${words} (${code})`
  return fault(
    'D-STORE-REACH',
    `PostgreSQL at ${nameOf(store)} cannot be used: ${what}. Nothing is sent or delivered meanwhile; it goes on by itself.`,
    fix?.(store) ?? `pg_isready --host ${store.place.host} --port ${store.place.port}`,
  )
}

function aboutReach(store: InPostgres, { version, ms, tls }: Facts): Finding {
  const about = `PostgreSQL ${version} at ${nameOf(store)} answers in ${ms.toFixed(1)} ms`
  if (ms > slow) return warning('D-STORE-REACH', `${about}: each message waits for that twice.`, `ping -c 3 ${store.place.host}`)
  return good('D-STORE-REACH', tls ? `${about}, over ${tls}, with a certificate that is good for this name.` : `${about}, on this machine.`)
}

function aboutDurability({ unfit }: Facts): Finding {
  if (unfit.length === 0) return good('D-STORE-DURABLE', 'PostgreSQL syncs what it acknowledges.')
  const cause = `This PostgreSQL cannot keep what Parley promises: ${unfit.join('; ')}.`
  const fixes = unfit.flatMap((words) => /set (\w+ = on)/.exec(words)?.[1] ?? [])
  const fix = fixes.map((setting) => `psql -c 'alter system set ${setting}'`).join('\n')
  return fault('D-STORE-DURABLE', cause, fix === '' ? 'parley config show | grep store' : `${fix}\npsql -c 'select pg_reload_conf()'`)
}

/** Connections of a node besides its pool: one that writes messages, and two for its lease. */
const besides = 3

/** Whoever starts a node before stopping another needs room for one more. */
function aboutConnections(store: InPostgres, { connections }: Facts, nodes: number): Finding {
  const each = store.poolSize + besides
  const room = connections.most - connections.others
  const { limit, fix } = limitOf(store, connections.by, connections.others + (nodes + 1) * each)
  const words = `${nodes === 1 ? 'This node' : `These ${nodes} nodes`} can take ${nodes * each} connections, and PostgreSQL has ${room} for us${limit}`
  if (room < nodes * each) return fault('D-STORE-CONNECTIONS', `${words}: some of what people ask will be refused.`, fix)
  if (room < (nodes + 1) * each) return warning('D-STORE-CONNECTIONS', `${words}: not enough for one more node.`, fix)
  return good('D-STORE-CONNECTIONS', `${words}.`)
}

/** Which limit it is that stands in the way, and how `wanted` connections come through. */
function limitOf({ place }: InPostgres, by: Facts['connections']['by'], wanted: number): { limit: string; fix: string } {
  const roundly = (count: number) => 10 * Math.ceil(count / 10)
  const orLess = 'or a smaller store.poolSize'
  if (by === 'server') {
    const most = Math.max(100, roundly(wanted + 5))
    return { limit: '', fix: `psql -c 'alter system set max_connections = ${most}'   # and restart it; ${orLess}` }
  }
  const name = by === 'role' ? place.user : place.database
  const fix = `psql -c 'alter ${by} "${name}" connection limit ${roundly(wanted)}'   # ${orLess}`
  return { limit: `, by the limit of ${by} ${name}`, fix }
}

function aboutSteps({ steps: { missing, unknown, bearable } }: Facts, isRunning: boolean): Finding {
  const newer = `A newer Parley has changed this database (${unknown.join(', ')})`
  const fix = 'git pull && npm ci && npm run build   # then restart this node'
  if (unknown.length > 0 && bearable)
    return warning('D-STORE-STEPS', `${newer}: this one works beside it until it is brought up to date.`, fix)
  if (unknown.length > 0) return fault('D-STORE-STEPS', `${newer}: this one cannot be started on it.`, fix)
  if (missing.length === 0) return good('D-STORE-STEPS', 'The database has the form that this version wants.')
  const words = `The database has yet to be brought up to date (${missing.join(', ')})`
  if (isRunning) return fault('D-STORE-STEPS', `${words}, and a server works on it.`, 'parley drain   # and start it again')
  return good('D-STORE-STEPS', `${words}: the next start does it.`)
}
