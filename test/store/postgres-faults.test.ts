import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { sql } from 'kysely'
import pg from 'pg'
import { openPostgres } from '../../src/store/postgres.ts'
import type { PostgresPlace } from '../../src/store/postgres-place.ts'
import type { Store } from '../../src/store/store.ts'
import { certificate } from '../support/house.ts'
import { TestPostgres } from '../support/postgres.ts'
import { addPeople } from './people.ts'
import { found, post, says } from './says.ts'

const limits = { poolSize: 3, statementTimeout: 30_000 }
const unavailable = { name: 'Refusal', code: 'unavailable' }
let postgres: TestPostgres

before(async () => {
  postgres = await TestPostgres.start({}, certificate())
})
after(() => postgres[Symbol.asyncDispose]())

async function open(t: TestContext, place: PostgresPlace, given = limits): Promise<Store> {
  const store = await openPostgres({ place, limits: given })
  t.after(() => store.close())
  return store
}

/** Two nodes over one database, with ada and bob in the room tea. */
async function twoNodes(t: TestContext): Promise<{ place: PostgresPlace; one: Store; other: Store }> {
  const place = await postgres.database()
  const [one, other] = await Promise.all([open(t, place), open(t, place)])
  await addPeople(one, 'ada', 'bob')
  await says(one, 'parley', found('tea'))
  return { place, one, other }
}

test('nodes that start at once on an empty database make its tables once, and agree on what it is called', async (t) => {
  const place = await postgres.bare()
  const nodes = await Promise.all([open(t, place), open(t, place), open(t, place)])
  assert.equal(new Set(nodes.map(({ incarnation, lineage }) => `${incarnation} ${lineage}`)).size, 1)
  const steps = await postgres.ask(place.database, 'select count(*) as n, count(distinct name) as names from kysely_migration')
  assert.equal(steps[0]?.n, steps[0]?.names)
})

test('two nodes write to one room: no number is given twice or left out, and a key that both bring is one message', async (t) => {
  const { place, one, other } = await twoNodes(t)
  const all = await Promise.all(
    Array.from({ length: 300 }, (_, i) => says(i % 2 ? one : other, i % 3 ? 'ada' : 'bob', post(`m${Math.trunc(i / 4) * 3 + (i % 3)}`))),
  )
  assert.ok(all.every((outcome) => 'seq' in outcome))
  const [row] = await postgres.ask(
    place.database,
    `select count(*)::int as events, count(distinct account || key)::int as keys, max(seq)::int as last, (select last::int from head) as head
     from event where kind = 'message' or kind = 'joined'`,
  )
  assert.ok(row)
  assert.deepEqual([row.last, row.head], [row.events, row.events])
  assert.equal(row.keys, Number(row.events) - 2, 'those who joined brought none')
})

test('two nodes that give one name at once: the second is told that it is taken, and nobody else in its batch notices', async (t) => {
  const { one, other } = await twoNodes(t)
  for (let i = 0; i < 5; i++) {
    const [first, beside, second] = await Promise.all([
      says(one, 'parley', found(`cakes ${i}`, 'public'), `one${i}`),
      says(other, 'ada', post(`beside ${i}`)),
      says(other, 'parley', found(`cakes ${i}`, 'public'), `other${i}`),
    ])
    assert.ok('seq' in beside)
    const refused = [first, second].filter((outcome) => 'refused' in outcome)
    assert.deepEqual(refused, [{ refused: 'name_taken', message: 'That name is taken.' }])
  }
})

test('whoever holds a room for long has the others refused as unavailable, and nothing of theirs is written twice', async (t) => {
  const { place } = await twoNodes(t)
  const one = await open(t, place, { ...limits, statementTimeout: 1_000 })
  const holder = new pg.Client(place)
  await holder.connect()
  await holder.query("begin; select * from head where room = 'tea' for update")
  await assert.rejects(says(one, 'ada', post('waits')), unavailable)
  await holder.query('rollback')
  await holder.end()
  const written = await says(one, 'ada', post('waits'))
  assert.deepEqual(await says(one, 'ada', post('waits')), { ...written, duplicate: true })
  assert.equal((await one.reads.room('ada', 'tea'))?.n, 1)
})

test('a database that crashes: all is refused as unavailable, nothing ends, what was acknowledged is there, and it goes on by itself', async (t) => {
  const { one, other } = await twoNodes(t)
  const sent = Array.from({ length: 200 }, (_, i) => `m${i}`)
  const first = Promise.allSettled(sent.map((text) => says(one, 'ada', post(text))))
  await says(other, 'bob', post('one more'))
  await postgres.stop('SIGQUIT')
  const outcomes = await first
  for (const outcome of outcomes) if (outcome.status === 'rejected') assert.equal((outcome.reason as { code: string }).code, 'unavailable')
  await assert.rejects(says(one, 'ada', post('while it is away')), unavailable)
  await assert.rejects(one.reads.rooms('ada'), unavailable)
  await assert.rejects(one.db.selectFrom('account').selectAll().execute(), unavailable)
  await assert.rejects(
    one.db.transaction().execute((tx) => tx.selectFrom('account').selectAll().execute()),
    unavailable,
  )
  await postgres.run()
  const again = await Promise.all(sent.map((text) => says(one, 'ada', post(text))))
  outcomes.forEach((outcome, i) => {
    if (outcome.status === 'rejected' || !('seq' in outcome.value)) return
    assert.deepEqual(again[i], { ...outcome.value, duplicate: true }, 'acknowledged is acknowledged')
  })
  const numbers = again.map((outcome) => ('seq' in outcome ? outcome.seq : 0))
  assert.deepEqual([...new Set(numbers)].length, sent.length)
  assert.equal((await other.reads.room('ada', 'tea'))?.n, sent.length + 1)
})

test('a connection that is cut in the middle costs one refusal at most', async (t) => {
  const { place, one } = await twoNodes(t)
  await postgres.ask(
    'postgres',
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'parley'",
    [place.database],
  )
  await says(one, 'ada', post('perhaps')).catch((error: unknown) => assert.equal((error as { code: string }).code, 'unavailable'))
  assert.ok('seq' in (await says(one, 'ada', post('perhaps'))))
  await one.reads.rooms('ada').catch(() => undefined)
  assert.equal((await one.reads.rooms('ada')).length, 1)
})

test('a newer node that gives the tables further columns costs the older ones not one write', async (t) => {
  const { place, one } = await twoNodes(t)
  await says(one, 'ada', post('before'))
  for (const table of ['member', 'room', 'event']) await postgres.ask(place.database, `alter table ${table} add column later text`)
  for (const text of ['after', 'and again']) assert.ok('seq' in (await says(one, 'ada', post(text))))
  assert.equal((await one.reads.room('ada', 'tea'))?.n, 3)
})

test('transactions that get in each other’s way are begun again, and both come true', async (t) => {
  const { one, other } = await twoNodes(t)
  const crosswise = (store: Store, ids: string[]) => {
    const met = Promise.withResolvers<void>()
    const done = store.db.transaction().execute(async (tx) => {
      for (const id of ids) {
        await tx.updateTable('account').set({ display: sql`display || '+'` }).where('id', '=', id).execute()
        met.resolve()
        await Promise.all([first, second].map((one) => one?.met.promise))
      }
    })
    return { met, done }
  }
  let second: ReturnType<typeof crosswise> | undefined
  const first: ReturnType<typeof crosswise> = crosswise(one, ['ada', 'bob'])
  second = crosswise(other, ['bob', 'ada'])
  await Promise.all([first.done, second.done])
  const rows = await one.db.selectFrom('account').select('display').orderBy('id').execute()
  assert.deepEqual(
    rows.map(({ display }) => display),
    ['ada++', 'bob++'],
  )
})

test('a database that does not sync what it acknowledges, or only reads, is not started with, and says what to set (CFG-05)', async (t) => {
  const place = await postgres.database()
  const set = (text: string) => postgres.ask(place.database, text)
  const refuses = (words: RegExp) => assert.rejects(openPostgres({ place, limits }), { name: 'UnfitDatabase', message: words })
  await set('alter role parley set synchronous_commit = off')
  t.after(() => postgres.ask('postgres', 'alter role parley reset synchronous_commit'))
  await refuses(/^This PostgreSQL cannot keep what Parley promises:\n- synchronous_commit is off.*for this role too$/)
  await set('alter role parley reset synchronous_commit')
  const ascii = { ...place, database: 'ascii' }
  await set("create database ascii encoding 'SQL_ASCII' template template0")
  await assert.rejects(openPostgres({ place: ascii, limits }), /its encoding is SQL_ASCII/)
  await postgres.stop()
  const lax = new TestPostgres(postgres.folder, postgres.port, { fsync: 'off', full_page_writes: 'off' })
  await lax.run()
  await refuses(/- fsync is off[^\n]*\n- full_page_writes is off/)
  await lax.stop()
  await postgres.run()
  await open(t, place)
})

/** What the database promises on COMMIT waits for a standby that is not there, until the test is over. */
async function waitForNobody(t: TestContext): Promise<() => Promise<void>> {
  async function set(names: string): Promise<void> {
    await postgres.ask('postgres', `alter system set synchronous_standby_names = '${names}'`)
    await postgres.ask('postgres', 'select pg_reload_conf()')
    while ((await postgres.ask('postgres', 'show synchronous_standby_names'))[0]?.synchronous_standby_names !== names);
  }
  const over = () => set('')
  t.after(over)
  await set('nobody')
  return over
}

test('what no standby has is not acknowledged and read by nobody, however long one is waited for', async (t) => {
  const { place, other } = await twoNodes(t)
  const one = await open(t, place, { ...limits, statementTimeout: 300 })
  const over = await waitForNobody(t)
  await assert.rejects(says(one, 'ada', post('on no standby')), unavailable)
  assert.equal((await other.reads.room('ada', 'tea'))?.n, 0)
  await over()
})

test('whoever ends the wait for a standby makes nothing acknowledged, in a room or elsewhere', async (t) => {
  const { place, one } = await twoNodes(t)
  await waitForNobody(t)
  const waits = `from pg_stat_activity where wait_event = 'SyncRep' and datname = '${place.database}'`
  async function cancelled(what: Promise<unknown>): Promise<void> {
    let isOver = false
    const refused = assert.rejects(what, unavailable).finally(() => {
      isOver = true
    })
    while (!isOver) await postgres.ask('postgres', `select pg_cancel_backend(pid) ${waits}`)
    await refused
  }
  await cancelled(says(one, 'ada', post('on no standby')))
  await cancelled(one.db.updateTable('account').set({ name: 'Ada' }).where('id', '=', 'ada').execute())
  await cancelled(one.db.transaction().execute((tx) => tx.deleteFrom('login').where('id', '=', 'login-bob').execute()))
})

test('to a database elsewhere there is TLS that knows whom it speaks to, or nothing (TLS-08)', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-authority-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, certificate().cert)
  const place = await postgres.database()
  const store = await open(t, { ...place, host: 'localhost', tls: { caFile } })
  assert.equal((await store.reads.rooms('ada')).length, 0)
  const [encrypted] = await postgres.ask(
    'postgres',
    "select bool_and(ssl) as ssl, count(*)::int as n from pg_stat_ssl natural join pg_stat_activity where datname = $1 and application_name = 'parley'",
    [place.database],
  )
  assert.ok(encrypted?.ssl && Number(encrypted.n) > 0)
  const refuses = (host: string, tls: PostgresPlace['tls']) =>
    assert.rejects(openPostgres({ place: { ...place, host, ...(tls && { tls }) }, limits }), /PostgreSQL at .* takes nobody in/)
  await refuses('localhost', {})
  await refuses('127.0.0.2', { caFile })
})
