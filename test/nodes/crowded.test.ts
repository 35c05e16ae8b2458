import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { type Cluster, startCluster } from '../support/cluster.ts'

let cluster: Cluster
before(async () => {
  cluster = await startCluster(1, { PARLEY__STORE__POOLSIZE: '2' })
})
after(() => cluster.close())

test('while all connections to PostgreSQL wait for somebody who holds the audit log, the node still renews its lease and delivers', async () => {
  const { house } = (cluster.houses[0] as (typeof cluster.houses)[0]).service
  const ada = await house.accounts.add({ name: 'ada', role: 'member' })
  const outsider = new pg.Client(cluster.settings.PARLEY__STORE__URL)
  await outsider.connect()
  const renewed = async () => Number((await outsider.query('select renewed from node')).rows[0]?.renewed)
  await outsider.query('begin')
  await outsider.query("select * from meta where name = 'audit' for update")
  const device = { account: ada.id, credential: 'token', label: '', address: '' } as const
  const waiting = Array.from({ length: 4 }, () => house.logins.begin(device).catch(() => undefined))
  const before = await renewed()
  await cluster.until(async () => {
    assert.ok(house.nodes?.holds())
    return (await renewed()) > before + 2
  })
  await outsider.query('rollback')
  await outsider.end()
  await Promise.all(waiting)
})
