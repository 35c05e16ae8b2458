import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCatchUp } from '../../src/gateway/catch-up.ts'
import type { Connection } from '../../src/gateway/connection.ts'
import { startHouse } from '../support/house.ts'

test('what is said between the reading of the rooms and the welcome is told by the next heads, a new name right after it', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const [ada, bob] = await house.people('ada', 'bob')
  const [tea, cellar] = [await house.room('tea', [bob, ada]), await house.room('cellar', [bob, ada])]
  const b = await house.connect(bob)
  const { rooms } = house.service.house
  const { list } = rooms
  rooms.list = async (account) => {
    const read = await list(account)
    rooms.list = list
    await b.ask('post', { room: tea, key: '0123456789abcdef0', text: '@ada just now' })
    await rooms.rename({ account: bob.account.id, login: bob.login.id }, cellar, 'attic')
    await house.service.gateway.tick()
    return read
  }
  const a = await house.connect(ada)
  await a.ask('ping')
  await house.service.gateway.tick()
  await a.ask('ping')
  const [welcome = assert.fail('nothing came'), ...later] = a.frames
  assert.equal(welcome.type, 'welcome')
  const listed = welcome.rooms as { id: string; last: number; n: number }[]
  const before = listed.find(({ id }) => id === tea) ?? assert.fail('not in the room')
  const told = later.flatMap(({ type, room, rooms }) => (type === 'room' ? [room] : type === 'heads' ? (rooms as object[]) : []))
  const named = listed.find(({ id }) => id === cellar)
  assert.deepEqual(told, [
    { ...named, ...(told[0] as object), id: cellar, name: 'attic' },
    { room: tea, last: before.last + 1, n: before.n + 1, mentions: 1 },
  ])
})

test('while the heads of a second take long to put together, those of the next wait instead of being asked for beside them', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  const { rooms } = house.service.house
  const { find } = rooms
  const { promise: held, resolve: goOn } = Promise.withResolvers<void>()
  let asked = 0
  rooms.find = async (...given) => {
    asked++
    await held
    return find(...given)
  }
  const ticks: Promise<void>[] = []
  for (let i = 0; i < 3; i++) {
    await b.ask('post', { room, key: `0123456789abcdef${i}`, text: `@${ada.account.name} come` })
    ticks.push(house.service.gateway.tick())
  }
  const beside = asked
  goOn()
  assert.equal(beside, 1)
  await Promise.all(ticks)
  await house.service.gateway.tick()
  assert.equal(asked, 2)
  await a.ask('ping')
  const heads = a.frames.filter(({ type }) => type === 'heads').map((frame) => (frame.rooms as { mentions: number }[])[0]?.mentions)
  assert.equal(heads.at(-1), 3)
  rooms.find = find
})

test('whoever falls behind again while being told of other rooms, and has drained by then, is caught up again', async () => {
  const opening = { frames: [], spilt: false }
  const connection: Connection = Object.assign(Object.create(null), {
    ...{ behind: new Map(), isPulling: false, isDead: false, open: new Set(['tea']), account: { account: { id: 'ada' } } },
    outlet: { isBlocked: false },
    put: () => undefined,
  })
  const audience = {
    room: 'tea',
    last: 4,
    listen: () => opening,
    opening: new Map([[connection, opening]]),
    live: new Set(),
    ahead: new Map(),
  }
  const asked: unknown[] = []
  let told = 0
  const { pull } = createCatchUp(
    Object.assign(Object.create(null), {
      ...{ hub: { audience: () => audience, shut: () => undefined }, order: { reached: () => undefined }, openRooms: () => 9 },
      meter: { fellBehind: () => undefined, recovered: () => undefined },
      messages: {
        open: async (_: string, asks: unknown[]) => {
          asked.push(...asks)
          return [
            { room: 'tea', last: 4, n: 4, events: [{ kind: 'message', seq: 4, id: 'e4', by: 'bob', at: 4, n: 4, text: 'x' }], more: false },
          ]
        },
      },
      tellHeads: async () => {
        if (told++ === 0) connection.behind = new Map([['tea', 3]])
      },
    }),
  )
  await pull(connection)
  assert.deepEqual(asked, [{ room: 'tea', after: 3 }])
  assert.deepEqual([connection.behind, connection.isPulling, told], [undefined, false, 2])
})
