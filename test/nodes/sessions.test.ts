import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { readSessionId } from '../../src/identity/cookie.ts'
import { Visitor } from '../http/visitor.ts'
import { Figures } from '../ops/figures.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { certificate, startHouse, type TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
const password = 'nine green bottles'
/** Who signed in while the node was alone, before there was a Redis. */
const early: Visitor[] = []
before(async () => {
  cluster = await startCluster(0, {
    PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '6',
    PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNTANDADDRESS: '6',
  })
  const alone = await startHouse({ store: 'sqlite', settings: { ...cluster.settings, PARLEY__BUS__URL: 'local' } })
  for (const name of ['ada4', 'bob4', 'eve4']) early.push(await signedIn(name, alone))
  await alone.close()
  ;[north, south] = [await cluster.add(), await cluster.add()]
})
after(() => cluster.close())

const at = (house: TestHouse, from?: Visitor): Visitor => {
  const visitor = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  for (const [name, value] of from?.cookies ?? []) visitor.cookies.set(name, value)
  visitor.csrf = from?.csrf ?? ''
  return visitor
}

async function signedIn(name: string, house = north): Promise<Visitor> {
  await house.service.house.accounts.add({ name, password, role: 'member' })
  const visitor = at(house)
  const answer = await visitor.post('/api/v1/login', { name, password })
  assert.equal(answer.status, 200)
  visitor.csrf = answer.json.csrf
  return visitor
}
/** Of sessions that are there; of those that were dropped, as of each on signing in, only a mark is. */
async function keys(): Promise<string[]> {
  const all = (await cluster.redis.tell('KEYS', '*:session:*')) as string[]
  const values = await Promise.all(all.map((key) => cluster.redis.tell('GET', key)))
  return all.filter((_, i) => values[i] !== '-')
}
const isReady = async () => ((await cluster.redis.tell('PING')) as string) === 'PONG'

test('ada signs in on one node and is signed in on the other; signed out there, she is signed out here', async () => {
  const ada = await signedIn('ada')
  const there = at(south, ada)
  assert.equal((await there.get('/api/v1/session')).status, 200)
  assert.equal((await there.post('/api/v1/logout')).status, 200)
  assert.equal((await ada.get('/api/v1/session')).status, 401)
})

test('Redis knows no cookie and no login, and nobody who writes there signs in as somebody else', async () => {
  const before = new Set(await keys())
  const eve = await signedIn('eve')
  const [ofEve = '', ...more] = (await keys()).filter((key) => !before.has(key))
  assert.deepEqual(more, [], 'a sign-in leaves one thing behind')
  const bob = await signedIn('bob')
  const [ofBob = ''] = (await keys()).filter((key) => !before.has(key) && key !== ofEve)
  const sid = decodeURIComponent([...bob.cookies.values()].join()).split(/[:.]/)
  const held = `${ofBob} ${await cluster.redis.tell('GET', ofBob)}`
  for (const part of sid.filter(({ length }) => length > 10)) assert.ok(!held.includes(part))
  const { id } = (await bob.get('/api/v1/session')).json.login
  assert.ok(!held.includes(id))
  await cluster.redis.tell('COPY', ofBob, ofEve, 'REPLACE')
  assert.equal((await eve.get('/api/v1/session')).status, 401)
  await cluster.redis.tell('SET', ofEve, JSON.stringify({ login: id, csrf: 'x'.repeat(20) }))
  assert.equal((await eve.get('/api/v1/session')).status, 401)
  assert.equal((await bob.get('/api/v1/session')).status, 200)
})

test('a request that was under way when its session was dropped does not bring it back', async () => {
  const ada = await signedIn('ada2')
  const { webSessions } = north.service.house
  const sid = readSessionId(ada.cookieHeader, north.service.house.secrets.cookieSecrets) ?? ''
  const held = await new Promise((resolve) => webSessions.store.get(sid, (_, session) => resolve(session)))
  assert.ok(held)
  await ada.post('/api/v1/logout')
  await new Promise((resolve) => webSessions.store.set(sid, held as Parameters<typeof webSessions.store.set>[1], resolve))
  assert.equal((await ada.get('/api/v1/session')).status, 401)
})

test('while Redis is away nobody is told to sign in, but to come again; when it has lost everything, to sign in', async () => {
  const ada = await signedIn('ada3')
  await cluster.redis.kill()
  await cluster.until(() => !north.service.house.bus.figures().up)
  for (const house of [north, south]) {
    const answer = await at(house, ada).get('/api/v1/session')
    assert.equal(answer.status, 503)
    assert.ok(Number(answer.headers['retry-after']) > 0)
  }
  assert.equal((await at(north).get('/login')).status, 200)
  assert.equal((await at(north).post('/api/v1/login', { name: 'ada3', password: 'a wrong guess' })).status, 401, 'counted here alone')
  const away = new Figures(await north.service.metrics())
  assert.equal(away.get('parley_bus_up'), 0)
  assert.equal(away.has('parley_bus_round_trip_seconds'), false)
  assert.deepEqual(
    ['sessions', 'limits'].map((what) => away.get('parley_redis_fallbacks_total', { what })),
    [1, 1],
  )
  const [bearer] = await north.people('ada3')
  const guest = await south.connect(bearer)
  guest.ws.terminate()
  await cluster.redis.restart()
  assert.ok(await isReady())
  let status = 503
  while (status === 503) status = (await ada.get('/api/v1/session')).status
  assert.equal(status, 401)
  for (const { service } of [north, south])
    await cluster.until(async () => service.house.bus.figures().up && (await service.house.survey())?.redis !== undefined)
})

test('wrong passwords are counted on all nodes together, and by each for itself while Redis is away', async () => {
  const tries = async (name: string): Promise<number> => {
    for (let n = 0; ; n++) {
      const { status } = await at(n % 2 === 0 ? north : south).post('/api/v1/login', { name, password: 'a wrong guess' })
      if (status === 429) return n
      assert.equal(status, 401)
    }
  }
  await north.service.house.accounts.add({ name: 'mel', password, role: 'member' })
  assert.equal(await tries('mel'), 6)
  assert.equal(await tries('nobody-has-this-name'), 6)
  const told = JSON.stringify(await cluster.redis.tell('KEYS', '*'))
  assert.ok(!told.includes('127.0.0.1') && !told.includes('mel'))
})

test('who signed in at a node by itself stays signed in when Redis is added: until they sign out, or their login ends', async () => {
  const [ada, bob, eve] = early as [Visitor, Visitor, Visitor]
  const statusAt = async (house: TestHouse, who: Visitor) => (await at(house, who).get('/api/v1/session')).status
  for (const who of [ada, bob, eve]) assert.deepEqual([await statusAt(north, who), await statusAt(south, who)], [200, 200])
  assert.equal((await at(north, ada).post('/api/v1/logout')).status, 200)
  const { id } = (await at(north, bob).get('/api/v1/session')).json.login
  await south.service.house.logins.end({ ids: [id] }, 'ended')
  const { webSessions, secrets } = north.service.house
  const sid = readSessionId(eve.cookieHeader, secrets.cookieSecrets) ?? ''
  const held = await new Promise((resolve) => webSessions.store.get(sid, (_, session) => resolve(session)))
  await new Promise((resolve) => webSessions.store.destroy(sid, resolve))
  await new Promise((resolve) => webSessions.store.set(sid, held as Parameters<typeof webSessions.store.set>[1], resolve))
  for (const who of [ada, bob, eve]) assert.deepEqual([await statusAt(north, who), await statusAt(south, who)], [401, 401])
})
