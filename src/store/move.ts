import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { inspect, NotAStore, type StoreFacts } from './inspection.ts'
import { migrations } from './migrations.ts'
import { prepare } from './postgres.ts'
import { clientConfig } from './postgres-connection.ts'
import type { PostgresPlace } from './postgres-place.ts'
import type { Tables } from './schema.ts'
import { openFile } from './sqlite-file.ts'

interface Asked {
  /** The SQLite file. Nothing else may have it open; it stays as it is. */
  from: string
  to: PostgresPlace
  /** Called now and then with how many rows of how many are there. */
  onMoved?: (moved: number, of: number) => void
}

/** Which nodes run is no part of what is kept. */
type Kept = Omit<Tables, 'node'>

/** Every table with its columns, those first that others point at. `event.rowid` is SQLite's own. */
const tables: { [Name in keyof Kept]: readonly Exclude<keyof Kept[Name], 'rowid'>[] } = {
  account: ['id', 'name', 'fold', 'display', 'role', 'password', 'created_at', 'disabled_at'],
  login: [
    ...(['id', 'account', 'credential', 'label', 'address', 'created_at', 'last_seen_at', 'expires_at'] as const),
    ...(['idle_ms', 'ended_at', 'ended_why', 'kid'] as const),
  ],
  web_session: ['id', 'login', 'data', 'expires_at'],
  used_ticket: ['jti', 'expires_at'],
  invite: ['code', 'kind', 'room', 'created_by', 'created_at', 'expires_at', 'uses'],
  secret: ['id', 'kind', 'state', 'sealed', 'created_at', 'since', 'signed_until'],
  meta: ['name', 'value'],
  audit: ['seq', 'at', 'event', 'who', 'what', 'address', 'login', 'request', 'extra', 'prev', 'hash'],
  room: ['id', 'name', 'fold', 'kind', 'topic', 'direct', 'archived_at', 'created_by', 'created_at'],
  head: ['room', 'last', 'n'],
  member: ['account', 'room', 'role', 'since', 'read', 'read_n'],
  event: [...(['room', 'seq', 'id', 'kind', 'account', 'at', 'key', 'n', 'text', 'target', 'extra', 'edited', 'rev', 'removed'] as const)],
  reaction: ['room', 'seq', 'emoji', 'account', 'at'],
  mention: ['account', 'room', 'seq'],
}
const names = Object.keys(tables) as (keyof Kept)[]

/** Rows, and characters of JSON, that travel at once. */
const [most, longest] = [2_000, 4_000_000]

/**
 * Moves a whole store from a SQLite file into an empty PostgreSQL: people stay signed in, clients keep their places. It is one
 * transaction: either everything is there, read back and found to be the same, or nothing is.
 * @throws NotAStore · UnfitDatabase · Error in words
 */
export async function moveStore({ from, to, onMoved = () => undefined }: Asked): Promise<StoreFacts> {
  const facts = inspect(from)
  const newest = Object.keys(migrations('sqlite')).at(-1)
  if (facts.migration !== newest)
    throw new NotAStore(`${from} is of an older form (${facts.migration}): start this Parley once on it first.`)
  await prepare(to)
  const client = new pg.Client(clientConfig(to, { statementTimeout: 0 }))
  client.on('error', () => undefined)
  await client.connect()
  const db = openFile(from, { readOnly: true })
  try {
    await client.query('begin')
    await refuseFull(client, to)
    const of = names.reduce((sum, name) => sum + count(db, name), 0)
    let moved = 0
    for (const name of names) {
      const sent = createDigest()
      for (const rows of portions(db, name)) {
        for (const row of rows) sent.add(Object.values(row))
        await client.query(insertion(name), [JSON.stringify(rows)])
        moved += rows.length
        onMoved(moved, of)
      }
      if ((await digestOf(client, name)) !== sent.value())
        throw new Error(`What arrived in the table ${name} is not what was sent. Nothing was changed.`)
    }
    await client.query('insert into head (room, last, n) select id, 0, 0 from room on conflict do nothing')
    await client.query('commit')
    await client.query('analyze')
    return facts
  } finally {
    db.close()
    await client.end()
  }
}

/** Held until the end, so that no node makes itself at home meanwhile. */
async function refuseFull(client: pg.Client, { database }: PostgresPlace): Promise<void> {
  await client.query('lock table meta, account, room in exclusive mode')
  for (const name of names) {
    const { rows } = await client.query(`select 1 from ${name} limit 1`)
    if (rows.length > 0) throw new Error(`The database ${database} holds a store already. Take an empty one.`)
  }
}

const count = (db: DatabaseSync, name: keyof Kept): number => (db.prepare(`select count(*) as n from ${name}`).get() as { n: number }).n

function* portions(db: DatabaseSync, name: keyof Kept): Generator<object[]> {
  let rows: object[] = []
  let length = 0
  for (const row of db.prepare(`select ${tables[name].join()} from ${name}`).iterate()) {
    rows.push(row)
    length += JSON.stringify(row).length
    if (rows.length < most && length < longest) continue
    yield rows
    rows = []
    length = 0
  }
  if (rows.length > 0) yield rows
}

/** The table itself says of which types its columns are. */
const insertion = (name: keyof Kept): string => {
  const columns = tables[name].join()
  return `insert into ${name} (${columns}) select ${columns} from json_populate_recordset(null::${name}, $1::json)`
}

/** The same for the same rows, in whatever order they come. */
function createDigest() {
  let sum = 0n
  return {
    add(values: unknown[]): void {
      sum = BigInt.asUintN(128, sum + BigInt(`0x${createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 32)}`))
    },
    value: () => sum,
  }
}

/** Reads everything back. */
async function digestOf(client: pg.Client, name: keyof Kept): Promise<bigint> {
  const digest = createDigest()
  await client.query(`declare arrived no scroll cursor for select ${tables[name].join()} from ${name}`)
  for (;;) {
    const { rows } = await client.query<unknown[]>({ text: `fetch ${most} from arrived`, rowMode: 'array' })
    if (rows.length === 0) break
    for (const row of rows) digest.add(row)
  }
  await client.query('close arrived')
  return digest.value()
}
