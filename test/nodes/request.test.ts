import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { Visitor } from '../http/visitor.ts'
import { Figures } from '../ops/figures.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { certificate, type TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
const password = 'nine green bottles'
before(async () => {
  cluster = await startCluster(2)
  ;[north, south] = cluster.houses as [TestHouse, TestHouse]
})
after(() => cluster.close())

/** The lines of a node's log that have this id. */
const lines = ({ log }: TestHouse, id: string): Record<string, unknown>[] =>
  log.filter((line) => line.includes(id)).map((line) => JSON.parse(line) as Record<string, unknown>)
const events = (house: TestHouse, id: string): string[] => lines(house, id).map(({ event }) => String(event))

test('bob signs out everywhere on one node: by one id it is found there, on the other, in the audit log and at the slow database', async (t) => {
  await north.service.house.accounts.add({ name: 'bob', password, role: 'member' })
  const bob = new Visitor({ port: north.service.port, ca: certificate().cert, origin: north.url })
  t.after(() => bob.close())
  assert.equal((await bob.signIn('bob', password)).status, 200)
  const device = await south.person('bob')
  const there = await south.connect(device)

  const other = new pg.Client({ connectionString: cluster.settings.PARLEY__STORE__URL as string })
  await other.connect()
  t.after(() => other.end())
  await other.query('begin')
  await other.query('select 1 from login where id = $1 for update', [device.login.id])
  const asked = bob.delete('/api/v1/logins')
  const waits = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and clock_timestamp() - query_start > interval '1000 ms'`
  await cluster.until(async () => (await other.query(waits)).rowCount !== 0)
  await other.query('commit')

  const { status, headers, json } = await asked
  assert.deepEqual([status, json], [200, { logins: 1, connections: 1, unconfirmed: 0 }])
  assert.equal((await there.ended()).code, 4301)
  const id = String(headers['x-request-id'])
  assert.ok(events(north, id).includes('endings_told'))
  assert.deepEqual(events(south, id), ['ended_elsewhere'])
  assert.equal(lines(south, id)[0]?.connections, 1)
  const [slow] = lines(north, id).filter(({ event }) => event === 'store_slow')
  assert.ok(Number(slow?.ms) > 500)
  assert.match(String(slow?.text), /login/)
  assert.ok(!JSON.stringify(slow).includes(device.login.id), 'the statement without its values')
  const { rows } = await other.query('select event from audit where request = $1', [id])
  assert.deepEqual(rows, [{ event: 'session_terminated' }])
})

test('the figures of a node tell of the others, its lease, Redis and its connections to the database', async () => {
  await cluster.until(() => south.service.house.bus.figures().roundTrip !== undefined)
  const figures = new Figures(await south.service.metrics())
  assert.equal(figures.get('parley_nodes'), 2)
  assert.equal(figures.get('parley_lease_held'), 1)
  assert.ok(figures.has('parley_lease_age_seconds') && figures.get('parley_lease_age_seconds') < 5)
  assert.ok(figures.get('parley_bus_round_trip_seconds') > 0)
  assert.ok(figures.get('parley_bus_messages_total', { way: 'heard' }) > 0)
  assert.ok(figures.get('parley_store_connections') >= 1)
  assert.ok(figures.get('parley_store_connections_limit') >= figures.get('parley_store_connections'))
  assert.equal(figures.get('parley_store_connections_waiting'), 0)
  assert.equal(figures.get('parley_redis_fallbacks_total'), 0)
})
