import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { readConfig } from '../../src/config.ts'
import { examining, restoring } from '../../src/house.ts'
import { diagnose } from '../../src/ops/doctor/doctor.ts'
import type { FindingId } from '../../src/ops/doctor/finding.ts'
import { realInstruments } from '../../src/ops/doctor/instruments.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { freePort } from '../support/free-port.ts'
import { certificate } from '../support/house.ts'
import { TestPostgres } from '../support/postgres.ts'

type Facts = Awaited<ReturnType<typeof examining.postgres>>

/** A folder of its own, and what the doctor finds there about a store at this address. */
function newPatient(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'parley-doctor-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const name of ['data', 'certs']) mkdirSync(join(root, name), { mode: 0o700 })
  /** Looks, and lets itself be asked what it found. */
  async function look(url: string, more: Partial<Facts> = {}) {
    const env = { PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0', PARLEY__STORE__URL: url }
    const postgres: typeof examining.postgres = async (place) => ({ ...(await examining.postgres(place)), ...more })
    const instruments = { ...realInstruments, opens: restoring.opens, postgres }
    const { findings } = await diagnose({ root, read: () => readConfig({ root, env }), idle: 0, instruments })
    assert.ok(!JSON.stringify(findings).includes('of%20the%20tests'), 'no password')
    return (id: FindingId): string => {
      const found = findings.find((one) => one.id === id)
      if (!found) return 'nothing'
      assert.ok(found.level === 'ok' || found.fix, `${id} says no fix`)
      return `${found.level}: ${found.cause}${found.fix ? `\n${found.fix}` : ''}`
    }
  }
  return { root, look }
}

test('a store in PostgreSQL is asked what it is, whether it syncs, how many it takes, and in which form it is', async (t) => {
  const { root, look } = newPatient(t)
  await using postgres = await TestPostgres.start({ max_connections: '40' }, certificate())
  const { database } = await postgres.bare()
  const ca = join(root, 'ca.pem')
  writeFileSync(ca, certificate().cert)
  const url = postgres.url(postgres.place(database)).replace('127.0.0.1', 'localhost')
  const fresh = await look(`${url}?sslmode=verify-full&sslrootcert=${ca}`)
  assert.match(fresh('D-STORE-REACH'), /^ok: PostgreSQL \d+.* answers in .* ms, over TLSv1\.3, with a certificate that is good/)
  assert.match(fresh('D-STORE-DURABLE'), /^ok: /)
  assert.match(fresh('D-STORE-CONNECTIONS'), /^ok: This node can take \d+ connections, and PostgreSQL has 3\d for us/)
  assert.match(fresh('D-STORE-STEPS'), /^ok: The database has yet to be brought up to date \(0001-.*: the next start does it/)

  const opened = async () =>
    (await openPostgres({ place: postgres.place(database), limits: { poolSize: 2, statementTimeout: 5000 } })).close()
  const newer = (name: string) =>
    postgres.ask(database, `insert into kysely_migration (name, timestamp) values ('${name}', '2027-01-01T00:00:00Z')`)
  await opened()
  assert.match((await look(url))('D-STORE-STEPS'), /^ok: The database has the form that this version wants/)
  await newer('0901-more+')
  await postgres.ask(database, 'alter role parley connection limit 12')
  await postgres.ask(database, 'alter role parley set synchronous_commit = off')
  const careless = await look(url)
  assert.match(careless('D-STORE-STEPS'), /^warning: A newer Parley has changed this database \(0901-more\+\): this one works beside it/)
  assert.match(
    careless('D-STORE-CONNECTIONS'),
    /^(warning|error): This node can take .* has (11|12) for us, by the limit of role parley.*\npsql -c 'alter role "parley" connection limit \d+'/,
  )
  assert.match(
    careless('D-STORE-DURABLE'),
    /^error: .*synchronous_commit is off, .*\npsql -c 'alter system set synchronous_commit = on'\npsql -c/,
  )
  await postgres.ask('postgres', 'alter role parley reset synchronous_commit')
  await opened()

  await newer('0902-other')
  const strange = await look(url, { ms: 35 })
  assert.match(strange('D-STORE-STEPS'), /^error: A newer Parley has changed this database .*cannot be started on it/)
  assert.match(strange('D-STORE-REACH'), /^warning: .*answers in 35\.0 ms: each message waits for that twice/)
  await assert.rejects(opened(), /A newer Parley has changed this database \(0902-other\), and this one cannot work with it/)

  const unknown = await look(`${url}?sslmode=verify-full`)
  assert.match(unknown('D-STORE-REACH'), /^error: .* its certificate is not good for that name, or no authority .*\nopenssl s_client/)
  const nowhere = await look(url.replace(database, 'nowhere'))
  assert.match(nowhere('D-STORE-REACH'), /^error: .*there is no such database \(3D000\).*\ncreatedb --owner parley/)
})

test('others who are connected take from the room that they share with us, and from no other', async (t) => {
  const { look } = newPatient(t)
  await using postgres = await TestPostgres.start({ max_connections: '60' })
  const { database } = await postgres.bare()
  const ask = (text: string) => postgres.ask('postgres', text)
  await ask('create role eve login')
  await ask('alter role parley connection limit 30')
  await ask(`alter database ${database} connection limit 25`)
  const url = postgres.url(postgres.place(database))
  const room = async () => (await look(url))('D-STORE-CONNECTIONS')
  async function connect(to: string, count: number): Promise<void> {
    const clients = Array.from({ length: count }, () => new pg.Client({ ...postgres.place(to), user: 'eve' }))
    for (const client of clients) client.on('error', () => undefined) // the server goes first
    await Promise.all(clients.map((client) => client.connect()))
    t.after(() => Promise.all(clients.map((client) => client.end())))
  }

  await connect('postgres', 20)
  assert.match(
    await room(),
    /^warning: .* has 25 for us, by the limit of database parley_1: not enough for one more node.\npsql -c 'alter database/,
  )
  await connect(database, 5)
  assert.match(await room(), / has 20 for us, by the limit of database parley_1/)
  await connect('postgres', 15)
  assert.match(await room(), / has 1\d for us: .*\npsql -c 'alter system set max_connections = 1\d0'/)
})

test('a PostgreSQL that is away is said to be, with what to look at; nothing else breaks', async (t) => {
  const { look } = newPatient(t)
  const found = await look(`postgres://parley:of%20the%20tests@127.0.0.1:${await freePort()}/parley`)
  assert.match(
    found('D-STORE-REACH'),
    /^error: PostgreSQL at 127\.0\.0\.1:\d+ cannot be used: nobody listens there \(ECONNREFUSED\).*\npg_isready --host 127/,
  )
  assert.equal(found('D-STORE-STEPS'), 'nothing')
  assert.match(found('D-DISK'), /^(ok|warning)/)
})
