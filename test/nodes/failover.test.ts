import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type Cluster, startCluster } from '../support/cluster.ts'

let cluster: Cluster
before(async () => {
  cluster = await startCluster(1)
})
after(() => cluster.close())

test('where another database takes over without the last message, whoever was told it comes back, begins anew and hears the next', async () => {
  const house = cluster.houses[0] as (typeof cluster.houses)[0]
  const [ada, bob] = await house.people('ada', 'bob')
  const tea = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(tea)
  await a.post(tea, 'stays')
  await a.post(tea, 'is lost')
  const { seq, id } = await b.hearsText('is lost')
  const database = new pg.Client(cluster.settings.PARLEY__STORE__URL)
  await database.connect()
  await database.query('begin')
  await database.query('delete from event where seq = $1', [seq])
  await database.query('update head set last = last - 1, n = n - 1')
  await database.query('update member set read = least(read, $1)', [seq - 1])
  await database.query('commit')
  await database.end()
  await house.service.gateway.repair()
  assert.equal((await b.ended()).code, 4000)
  const again = await house.connect(bob)
  assert.ok('reset' in (await again.open(tea, { after: seq, id })))
  await again.open(tea)
  await a.post(tea, 'comes next')
  assert.equal((await again.hearsText('comes next')).seq, seq)
})
