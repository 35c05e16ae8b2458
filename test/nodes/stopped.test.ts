import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Child, startChild } from '../support/child.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
const folders: string[] = []
before(async () => {
  cluster = await startCluster(2)
  ;[north, south] = cluster.houses as [TestHouse, TestHouse]
})
after(async () => {
  await cluster.close()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

async function child(): Promise<Child> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-child-'))
  folders.push(folder)
  return startChild(folder, cluster.settings)
}

test('a node that was stopped while a login ended says nothing more to it when it goes on (F34)', async () => {
  const [ada, bob] = await north.people('ada', 'bob')
  const tea = await north.room('tea', [ada, bob])
  const far = await child()
  const a = await far.connect(ada)
  const b = await north.connect(bob)
  await a.open(tea)
  await b.post(tea, 'you hear this')
  await a.hearsText('you hear this')
  await cluster.until(() => (north.service.house.nodes?.others().length ?? 0) >= 2)
  far.process.kill('SIGSTOP')
  const words = Array.from({ length: 5 }, (_, i) => `not for ada ${i}`)
  await b.post(tea, words[0] ?? '')
  const ended = await north.service.house.logins.end({ ids: [ada.login.id] }, 'ended')
  assert.deepEqual(ended, { logins: 1, connections: 0, unconfirmed: 1 })
  const heard = a.frames.length
  for (const word of words.slice(1)) await b.post(tea, word)
  far.process.kill('SIGCONT')
  assert.equal((await a.ended()).code, 4301)
  const after = a.frames.slice(heard)
  assert.deepEqual(
    after.map(({ type }) => type),
    ['bye'],
  )
  await far.kill()
})

test('a node is killed, and whoever was there goes on at another with nothing missing', async () => {
  const [ada, bob] = await north.people('ada2', 'bob2')
  const tea = await north.room('tea2', [ada, bob])
  const far = await child()
  const a = await far.connect(ada)
  await a.open(tea)
  const b = await north.connect(bob)
  await b.post(tea, 'one')
  const one = await a.hearsText('one')
  await far.kill()
  await a.ended()
  await b.post(tea, 'two')
  const again = await south.connect(ada)
  const opened = await again.open(tea, { after: one.seq, id: one.id })
  assert.deepEqual(
    (opened.events as { text: string }[]).map(({ text }) => text),
    ['two'],
  )
})
