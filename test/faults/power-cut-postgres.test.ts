import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster } from './cluster.ts'
import type { Behind, Deployment } from './deployment.ts'
import { noStrace } from './strace.ts'
import { acknowledgedUnderTrace, type Talk, talks, tooEarly } from './traced.ts'

const skip = noStrace() ?? false
let deployment: Deployment
let store: Behind['store']

before(async () => {
  if (skip) return
  deployment = await startCluster({ doomed: 0, nodes: 1 })
  store = (deployment.behind as Behind).store
})
after(() => deployment?.close())

/** Every process of PostgreSQL writes its log for all of them. */
const traced = (talk: Talk) => acknowledgedUnderTrace({ ...talk, deployment, pids: () => store.pids(), file: '/pg_wal/' })

for (const { how, ...talk } of talks) {
  test(`what is acknowledged has been synced by PostgreSQL before: no power cut takes it away (${how})`, { skip }, async () => {
    const seen = await traced(talk)
    assert.equal(seen.acknowledged.size, talk.posts)
    assert.deepEqual(tooEarly(seen), [])
  })
}

test('a PostgreSQL that is told not to wait while Parley runs is seen: so would we be', { skip }, async () => {
  // At its start Parley refuses such a one.
  const { database } = deployment.behind as Behind
  await store.ask('postgres', `alter database ${database} set synchronous_commit = off`)
  await store.ask('postgres', `select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'parley'`)
  const seen = await traced({ posts: 20, atOnce: 1 })
  assert.ok(tooEarly(seen).length > 10, 'most came early')
})
