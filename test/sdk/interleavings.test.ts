import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Client, connect, Denied } from '../../src/sdk/client.ts'
import { Clockwork, settle } from './clockwork.ts'
import { FakeNetwork, welcome } from './fake-socket.ts'

/** How many sequences of events are tried; PARLEY_RUNS=100000 is the full proof. */
const runs = Number(process.env.PARLEY_RUNS ?? 2_000)

interface World {
  ada: Client
  network: FakeNetwork
  clock: Clockwork
  credential: 'given' | 'denied' | 'hangs'
}

type Step = (world: World) => unknown

const socket = (act: (socket: FakeNetwork['last']) => void): Step => {
  return ({ network }) => network.sockets.length > 0 && act(network.last)
}

const steps: Record<string, Step> = {
  welcome: socket((last) => last.says(welcome)),
  'answer all': socket((last) => {
    for (const { ref } of last.sent.splice(0)) last.says({ type: 'ok', ref, rooms: [], seq: 1, id: 'e1', at: 1, events: [], more: false })
  }),
  'refuse all': socket((last) => {
    for (const { ref } of last.sent.splice(0)) last.says({ type: 'refused', ref, code: 'unavailable', message: '', retryable: true })
  }),
  'not JSON': socket((last) => last.onmessage?.({ data: '{' })),
  events: socket((last) => last.says({ type: 'events', room: 'tea', events: [{ kind: 'joined', seq: 2, id: 'e2', by: 'b', at: 1 }] })),
  renew: socket((last) => last.says({ type: 'renew', before: Number.MAX_SAFE_INTEGER })),
  'late close of an old socket': ({ network }) => network.sockets.at(-2)?.ends(1000),
  'late frame of an old socket': ({ network }) => network.sockets.at(-2)?.says(welcome),
  'cable pulled': socket((last) => last.ends(1006)),
  desync: socket((last) => last.ends(4000)),
  expired: socket((last) => last.ends(4200)),
  'signed out': socket((last) => last.ends(4300)),
  overload: socket((last) => last.ends(1013)),
  online: ({ ada }) => ada.setOnline(true),
  offline: ({ ada }) => ada.setOnline(false),
  'try now': ({ ada }) => ada.retryNow(),
  resume: ({ ada }) => ada.resume(),
  close: ({ ada }) => void ada.close(),
  open: ({ ada }) => void ada.open('tea'),
  shut: ({ ada }) => ada.shut('tea'),
  older: ({ ada }) => void ada.timeline('tea')?.older(),
  post: ({ ada }) => void ada.post('tea', 'hello'),
  edit: ({ ada }) => void ada.edit('tea', 1, 'hello'),
  read: ({ ada }) => void ada.read('tea', 5),
  discard: ({ ada }) => void ada.outbox.discard(ada.outbox.items()[0]?.key ?? ''),
  'give credentials': (world) => {
    world.credential = 'given'
  },
  'deny credentials': (world) => {
    world.credential = 'denied'
  },
  'hang over credentials': (world) => {
    world.credential = 'hangs'
  },
  'a moment': () => settle(),
  'a second': ({ clock }) => clock.pass(1_000),
  'a minute': ({ clock }) => clock.pass(60_000),
}

test(`however connects and cuts follow each other: one live socket at most, no promise unhandled (${runs} runs)`, async (t) => {
  let unhandled = 0
  const count = () => unhandled++
  process.on('unhandledRejection', count)
  t.after(() => process.off('unhandledRejection', count))

  const names = fc.array(fc.constantFrom(...Object.keys(steps)), { minLength: 5, maxLength: 30 })
  const property = fc.asyncProperty(names, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), async (story, chance) => {
    const network = new FakeNetwork()
    const clock = new Clockwork()
    const credential = () => {
      if (world.credential === 'denied') return Promise.reject(new Denied('back-off', 'Later.'))
      return world.credential === 'hangs' ? new Promise<never>(() => {}) : Promise.resolve({ bearer: 'token' })
    }
    const random = () => chance.next().value ?? 0
    const world: World = { credential: 'given', network, clock } as World
    world.ada = connect({ url: 'wss://x/ws', credential, connect: network.open, schedule: clock, now: clock.now, random })
    world.ada.on('state', ({ state }) => state === 'waiting' && random() > 0.8 && world.ada.retryNow())
    for (const name of story) {
      await steps[name]!(world)
      assert.ok(network.alive <= 1, `${network.alive} sockets after "${name}"`)
    }
    await settle()
    void world.ada.close()
    await clock.pass(2_000)
    assert.deepEqual([network.alive, clock.waiting], [0, 0])
  })
  await fc.assert(property, { numRuns: runs })
  await settle()
  assert.equal(unhandled, 0)
})
