import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { busCheck } from '../../src/ops/doctor/bus.ts'
import type { Guest, Patient } from '../../src/ops/doctor/patient.ts'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { type Cluster, isUp, startCluster } from '../support/cluster.ts'
import type { TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
before(async () => {
  cluster = await startCluster(2)
  ;[north, south] = cluster.houses as [TestHouse, TestHouse]
})
after(() => cluster.close())

const seqs = (events: RoomEvent[]) => events.map(({ seq }) => seq)
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1)

test('while Redis is away nobody misses anything: it comes from the store, and when Redis is back at once again', async () => {
  const [ada, bob] = await north.people('ada', 'bob')
  const tea = await north.room('tea', [ada, bob])
  const [a, b] = [await north.connect(ada), await south.connect(bob)]
  for (const guest of [a, b]) await guest.open(tea)
  await a.post(tea, 'before')
  await b.hearsText('before')
  await cluster.redis.kill()
  await cluster.until(() => !isUp(north) && !isUp(south))
  await a.post(tea, 'meanwhile')
  await b.post(tea, 'meanwhile as well')
  await south.service.gateway.repair()
  await b.hearsText('meanwhile')
  await north.service.gateway.repair()
  await a.hearsText('meanwhile as well')
  await cluster.redis.restart()
  await cluster.until(() => isUp(north) && isUp(south))
  await a.post(tea, 'after')
  await b.hearsText('after')
  for (const guest of [a, b]) assert.deepEqual(seqs(guest.events(tea)), upTo(6))
})

test('a login that ends while Redis is away is ended everywhere when the call returns', async () => {
  const [ada] = await north.people('ada2')
  const guest = await south.connect(ada)
  await cluster.redis.kill()
  const ended = await north.service.house.logins.end({ ids: [ada.login.id] }, 'ended')
  assert.deepEqual(ended, { logins: 1, connections: 0, unconfirmed: 0 })
  assert.equal((await guest.ended()).code, 4301)
  await cluster.redis.restart()
  await cluster.until(() => isUp(north) && isUp(south))
})

test('what was lost of rooms and marks is found: brought in, shown out, read elsewhere', async () => {
  const [ada, bob] = await north.people('ada3', 'bob3')
  const [kept, left] = [await north.room('kept', [ada, bob]), await north.room('left', [ada, bob])]
  const b = await south.connect(bob)
  await b.open(left)
  const owner = { account: ada.account.id, login: ada.login.id }
  const own = { account: bob.account.id, login: bob.login.id }
  await cluster.redis.kill()
  await cluster.until(() => !isUp(north) && !isUp(south))
  const { rooms, messages } = north.service.house
  const come = await north.room('come', [ada, bob])
  const { seq } = await messages.post(owner, { room: kept, key: 'k'.repeat(20), text: 'read this' })
  await messages.read(own, kept, seq)
  await rooms.remove(owner, left, bob.account.id)
  await messages.post(owner, { room: left, key: 'k'.repeat(20), text: 'not for bob' })
  const isRoom = (id: string) => (frame: { type: string; [field: string]: unknown }) =>
    frame.type === 'room' && (frame.room as { id: string }).id === id
  const found = Promise.all([
    b.until(isRoom(come), 'the room he is in now'),
    b.until(isRoom(left), 'that the other is gone'),
    b.until(
      (frame) =>
        frame.type === 'marks' && (frame.rooms as { room: string; read: number }[]).some((one) => one.room === kept && one.read === seq),
    ),
    b.until(
      (frame) =>
        frame.type === 'heads' && (frame.rooms as { room: string; last: number }[]).some((one) => one.room === kept && one.last === seq),
    ),
  ])
  await south.service.gateway.repair()
  await found
  assert.ok(!JSON.stringify(b.frames).includes('not for bob'))
  await cluster.redis.restart()
  await cluster.until(() => isUp(north) && isUp(south))
})

test('the doctor says whether the nodes hear each other, and what Redis is like', async () => {
  const { house } = north.service
  await cluster.until(async () => (await house.survey())?.redis !== undefined)
  const findings = async () => {
    const server = { nodes: await house.survey() } as NonNullable<Patient['server']>
    const found = await busCheck.look({ config: house.config(), server } as Patient & Guest)
    return found.map(({ id, level, cause }) => `${id} ${level}: ${cause}`)
  }
  const [bus, nodes] = await findings()
  assert.match(bus ?? '', /^D-BUS (ok|warning): Redis \d+\.\d+\.\d+ /)
  assert.equal(nodes, 'D-NODES ok: This node and 1 more hear each other.')
  await cluster.redis.tell('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru')
  assert.match((await findings())[0] ?? '', /^D-BUS warning: Redis throws sessions away when its memory is full \(allkeys-lru\)/)
  await cluster.redis.kill()
  await cluster.until(() => !isUp(north))
  const [down, silent] = await findings()
  assert.match(down ?? '', /^D-BUS error: Redis does not carry/)
  assert.match(silent ?? '', new RegExp(`^D-NODES error: These nodes have a lease and do not answer: ${south.service.node}`))
})
