import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import type { Guest, Heard } from '../support/guest.ts'
import { newKey } from '../support/guest.ts'
import type { TestHouse } from '../support/house.ts'

let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
before(async () => {
  cluster = await startCluster(2)
  ;[north, south] = cluster.houses as [TestHouse, TestHouse]
})
after(() => cluster.close())

const isUp = (house: TestHouse) => house.service.house.bus.figures().up

/** Pages in which there is a message that was edited stand still, with what they have seen so far, until it is let go. */
async function holdPages(): Promise<{ waiting(): Promise<void>; letGo(): Promise<void> }> {
  const holder = new pg.Client(cluster.settings.PARLEY__STORE__URL)
  await holder.connect()
  await holder.query('begin; lock table reaction in access exclusive mode')
  return {
    async waiting() {
      const ask = `select 1 from pg_locks where relation = 'reaction'::regclass and not granted`
      await cluster.until(async () => (await holder.query(ask)).rows.length > 0)
    },
    async letGo() {
      await holder.query('rollback')
      await holder.end()
    },
  }
}

/** As a client does: on from the page until there is no more. */
async function readOn(guest: Guest, room: string, first: Heard): Promise<void> {
  for (let page = first; page.more; ) {
    const { seq, id } = guest.events(room).at(-1) as RoomEvent
    page = await guest.open(room, { after: seq, id })
  }
}

test('two devices open a room of which their node has not heard, and the slower page misses nothing that the quicker one had', async () => {
  const [ada, bob] = await north.people('ada', 'bob')
  const [quick, slow] = [await south.connect(bob), await south.connect(bob)]
  await cluster.redis.kill()
  await cluster.until(() => !isUp(north) && !isUp(south))
  const tea = await north.room('tea', [ada, bob])
  const a = await north.connect(ada)
  const { seq } = await a.post(tea, 'first')
  await a.ask('edit', { room: tea, key: newKey(), seq, text: 'mended' })
  const last = (await a.open(tea)).events as RoomEvent[]
  const pages = await holdPages()
  const opening = slow.open(tea)
  await pages.waiting()
  await a.post(tea, 'between')
  const { seq: after, id } = last.at(-1) as RoomEvent
  const page = await quick.open(tea, { after, id })
  assert.equal((page.events as RoomEvent[]).length, 1)
  await pages.letGo()
  await readOn(slow, tea, await opening)
  await a.post(tea, 'after')
  await south.service.gateway.repair()
  await slow.hearsText('after')
  assert.deepEqual(
    slow.events(tea).map((event) => event.seq),
    a.events(tea).map((event) => event.seq),
  )
  await cluster.redis.restart()
  await cluster.until(() => isUp(north) && isUp(south))
})
