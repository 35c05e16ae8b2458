import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { type Cluster, isUp, startCluster } from '../support/cluster.ts'
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

test('a slow reader who opens the room anew while a page of it is on the way, and falls behind once more, is caught up all the same', async () => {
  const fast = { POSTSPERSECOND: '100000', POSTBURST: '100000', PENDING: '2000', FRAMESPERSECOND: '100000', QUEUEBYTES: '65536' }
  const settings = Object.fromEntries(Object.entries(fast).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value]))
  const house = await cluster.add({ settings })
  const [ada, bob] = await house.people('ada2', 'bob2')
  const room = await house.room('flood', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  const flood = async (count: number): Promise<Heard[]> => {
    const refs = Array.from({ length: count }, (_, i) => a.say('post', { room, key: newKey(), text: `${i} ${'x'.repeat(7900)}` }))
    return Promise.all(refs.map((ref) => a.answerTo(ref)))
  }
  const isBehind = () => house.service.gateway.inspect(bob.login.id).every(({ behind, writable }) => behind && writable > 0)
  b.socket.pause()
  const told: Heard[] = []
  while (told.length < 300 || !isBehind()) told.push(...(await flood(150)))
  await Promise.all(told.filter((_, i) => i % 5 === 0).map(({ seq }) => a.ask('edit', { room, key: newKey(), seq, text: 'mended' })))
  const { seq: last, id } = (await flood(1))[0] as Heard
  const pages = await holdPages()
  b.socket.resume()
  await pages.waiting()
  const again = await b.open(room, { after: last, id })
  assert.deepEqual(again.events, [])
  b.socket.pause()
  for (let i = 0; i < 8; i++) await flood(150)
  await pages.letGo()
  b.socket.resume()
  const { seq: end } = await a.post(room, 'the end')
  await b.until((frame) => frame.type === 'events' && (frame.events as RoomEvent[]).some(({ seq }) => seq === end), 'the last event')
  const seqs = b.events(room).map(({ seq }) => seq)
  const since = seqs.slice(seqs.lastIndexOf((last as number) + 1))
  assert.deepEqual(
    since,
    Array.from({ length: (end as number) - (last as number) }, (_, i) => (last as number) + 1 + i),
  )
})
