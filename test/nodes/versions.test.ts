import assert from 'node:assert/strict'
import { createSecretKey, hkdfSync } from 'node:crypto'
import { test } from 'node:test'
import pg from 'pg'
import { createClient } from 'redis'
import { createLetters, type Letter } from '../../src/bus/letter.ts'
import { startCluster } from '../support/cluster.ts'
import type { TestHouse } from '../support/house.ts'

/** What a node of the next version does to the store when it comes, and says to the others. */
const additiveStep = [
  'alter table event add column flavour text',
  'alter table login add column device text',
  'create table poll (id text primary key, room text not null)',
  `insert into kysely_migration (name, timestamp) values ('0999-flavours+', '2027-01-01T00:00:00.000Z')`,
]

test('a newer node joins and adds to the store: those of the version before serve on, hear it, end what it ends, and can be started again', async (t) => {
  const cluster = await startCluster(1)
  t.after(() => cluster.close())
  const [old] = cluster.houses as [TestHouse]
  const [ada, bob] = await old.people('ada', 'bob')
  const tea = await old.room('tea', [ada, bob])
  const b = await old.connect(bob)
  await b.open(tea)

  const newer = new pg.Client({ connectionString: cluster.settings.PARLEY__STORE__URL as string })
  await newer.connect()
  t.after(() => newer.end())
  for (const step of additiveStep) await newer.query(step)
  const a = await old.connect(ada)
  await a.open(tea)
  await a.post(tea, 'after the step')
  await b.hearsText('after the step')

  const again = await cluster.add()
  const late = await again.connect(bob)
  assert.equal((await late.open(tea)).last, 3, 'two who came, and the message')
  await late.post(tea, 'from a node that was started on it')
  await a.hearsText('from a node that was started on it')

  // The newer one ends a login: what it says holds fields, and a word, that are not known here.
  const redis = createClient({ url: cluster.redis.url })
  redis.on('error', () => undefined)
  await redis.connect()
  const masterKey = Buffer.from(cluster.settings.PARLEY__SECRETS__MASTERKEY as string, 'base64')
  const letters = createLetters(createSecretKey(Buffer.from(hkdfSync('sha256', masterKey, '', 'parley/bus/1', 32))))
  const channel = `parley:${old.service.house.store.lineage}:control`
  const say = (message: object) => redis.publish(channel, letters.write(channel, { from: 'newer', message } as object as Letter))
  await say({ kind: 'poll', room: tea })
  const ended = [{ login: bob.login.id, account: bob.account.id, why: 'ended', device: 'phone' }]
  await say({ kind: 'question', id: 'q1', node: 'newer', question: { ask: 'ended', ended, urgency: 1 } })
  assert.equal((await late.ended()).code, 4301)
  assert.equal((await b.ended()).code, 4301)
  for (const house of [old, again]) assert.equal(house.service.house.bus.figures().unknown, 1)
  assert.equal(a.ws.readyState, a.ws.OPEN)
  redis.destroy()
})
