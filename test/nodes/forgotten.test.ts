import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { createFeed, type Place } from '../../src/nodes/feed.ts'
import { createLease } from '../../src/nodes/lease.ts'
import { createRoster } from '../../src/nodes/roster.ts'
import { openStreet, question, lease as times } from './street.ts'

let street: Awaited<ReturnType<typeof openStreet>>
before(async () => {
  street = await openStreet()
})
after(() => street.close())

test('a node whose row was taken away while it was cut off hears of what others did not wait for it to hear', async (t) => {
  const { db } = street.store
  const monotonic = () => performance.now()
  const feed = createFeed(db)
  let between: () => Promise<unknown> = async () => undefined
  const slow = {
    ...feed,
    async since(seen: Place) {
      const news = await feed.since(seen)
      await between()
      return news
    },
  }
  const deps = { db, node: 'b', monotonic, life: times.life }
  const roster = createRoster(deps)
  const bob = createLease({ ...deps, every: times.every, feed: slow, roster, wall: Date.now, log: pino({ level: 'silent' }) })
  const heard: string[] = []
  await bob.begin(async ({ ended }) => void heard.push(...ended.map(({ login }) => login)))
  t.after(() => bob.end())
  const ada = await street.neighbour('a')
  t.after(() => ada.close())
  between = () => Promise.reject(new Error('The store cannot be reached.'))
  while (bob.holds() || ada.nodes.others().length > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  await db.deleteFrom('node').where('id', '=', 'b').execute()
  const returned = Promise.withResolvers<object>()
  between = async () => {
    between = async () => undefined
    await street.ends('l1')
    returned.resolve(await ada.nodes.everywhere(question('l1')))
  }
  const held = new Promise<string[]>((resolve) => bob.whenHeld(() => resolve([...heard])))
  assert.deepEqual(await returned.promise, { connections: 0, unconfirmed: 0 })
  assert.deepEqual(await held, ['l1'])
})
