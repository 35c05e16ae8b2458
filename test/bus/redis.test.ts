import assert from 'node:assert/strict'
import { createSecretKey, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import pino from 'pino'
import { createClient } from 'redis'
import type { Bus, BusMessage } from '../../src/bus/bus.ts'
import { createLetters, type Letter } from '../../src/bus/letter.ts'
import { createRedisBus } from '../../src/bus/redis.ts'
import { locate } from '../../src/bus/whereabouts.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { busContract } from './contract.ts'

let redis: TestRedis
const key = createSecretKey(randomBytes(32))
const log = pino({ level: 'silent' })
before(async () => {
  redis = await startRedis()
})
after(() => redis.close())

let houses = 0
async function nodes(count: number, at = redis): Promise<Bus[]> {
  const house = `house${++houses}`
  const open = (node: string) => createRedisBus({ where: locate({ url: at.url }), house, node, key, log, probeEvery: 100 })
  return Promise.all(Array.from({ length: count }, (_, i) => open(`node${i}`)))
}
/**
 * Tells a story to bob on one road. On a busy machine it may be made anew meanwhile, and what was said then is lost: then it is told again.
 * @param tell says everything, and returns how it is looked at when bob has heard something
 */
async function onOneRoad(tell: (bob: Bus, channel: string) => Promise<() => void>): Promise<void> {
  for (let isOne = false; !isOne; ) {
    const [bob] = (await nodes(1)) as [Bus]
    const { troubles } = bob.figures()
    const check = await tell(bob, `parley:house${houses}:control`)
    while (bob.figures().heard === 0 && bob.figures().troubles === troubles) await new Promise(setImmediate)
    isOne = bob.figures().troubles === troubles
    if (isOne) check()
    await bob.close()
  }
}
const gapOf = (bus: Bus): Promise<void> => new Promise((resolve) => bus.onGap(resolve))

busContract('the bus over Redis', nodes)

test('two houses share one Redis and hear nothing of each other', async () => {
  const [ada] = (await nodes(1)) as [Bus]
  const [eve] = (await nodes(1)) as [Bus]
  let heard = 0
  const own = Promise.withResolvers<void>()
  await eve.subscribe('control', () => void heard++)
  await ada.publish('control', { kind: 'typing', room: 'tea', account: 'ada' })
  await eve.subscribe('last', () => own.resolve())
  await eve.publish('last', { kind: 'typing', room: 'tea', account: 'eve' })
  await own.promise
  assert.equal(heard, 0)
  await Promise.all([ada.close(), eve.close()])
})

test('eve, who gets at Redis, says something in the name of a node: nobody believes it', async () => {
  const eve = createClient({ url: redis.url })
  await eve.connect()
  await onOneRoad(async (bob, channel) => {
    let heard = 0
    await bob.subscribe('control', () => void heard++)
    const forged = createLetters(createSecretKey(randomBytes(32)))
    const said = { from: 'node9', message: { kind: 'typing', room: 'tea', account: 'ada' } } as const
    const elsewhere = createLetters(key).write(`${channel}s`, said)
    const huge = Buffer.alloc(5 * 1024 * 1024, 'a')
    const junk = [Buffer.from(''), Buffer.from('{}'), Buffer.from('a'.repeat(100)), huge, forged.write(channel, said), elsewhere]
    for (const bytes of junk) await eve.publish(channel, bytes)
    await eve.publish(channel, createLetters(key).write(channel, said))
    return () => {
      assert.equal(heard, 1)
      assert.equal(bob.figures().refused, junk.length)
    }
  })
  eve.destroy()
})

test('a newer node says what is not known here: it is counted and passed over, and fields that are not known are left out', async () => {
  const newer = createClient({ url: redis.url })
  await newer.connect()
  await onOneRoad(async (bob, channel) => {
    const heard: BusMessage[] = []
    await bob.subscribe('control', (message) => void heard.push(message))
    const say = async (message: object) => {
      const letter: object = { from: 'newer', version: 2, message }
      await newer.publish(channel, createLetters(key).write(channel, letter as Letter))
    }
    await say({ kind: 'poll', room: 'tea', choices: ['green', 'black'] })
    await say({ kind: 'question', id: 'q1', node: 'newer', question: { ask: 'weather', where: 'here' } })
    await say({ kind: 'typing', room: 'tea', account: 'ada', words: 3 })
    return () => {
      assert.deepEqual(heard, [{ kind: 'typing', room: 'tea', account: 'ada' }])
      const { unknown, refused, up } = bob.figures()
      assert.deepEqual([unknown, refused, up], [2, 0, true])
    }
  })
  newer.destroy()
})

test('a letter too long for the road says only how far the rooms have come', async () => {
  const [ada, bob] = (await nodes(2)) as [Bus, Bus]
  const heard = Promise.withResolvers<unknown>()
  await bob.subscribe('rooms/1', (message) => heard.resolve(message))
  const event = { kind: 'message', seq: 7, n: 7, id: 'x', by: 'ada', at: 1, text: 'x'.repeat(300_000) } as const
  await ada.publish('rooms/1', { kind: 'events', landed: [{ room: 'tea', last: 7, n: 7, events: [event] }] })
  assert.deepEqual(await heard.promise, { kind: 'events', landed: [{ room: 'tea', last: 7, n: 7, events: [] }] })
  await Promise.all([ada.close(), bob.close()])
})

test('Redis is killed and comes back: both times the nodes are told that they may have missed something', async () => {
  const own = await startRedis()
  const [ada, bob] = (await nodes(2, own)) as [Bus, Bus]
  const down = gapOf(bob)
  await own.kill()
  await down
  assert.equal(bob.figures().up, false)
  await ada.publish('control', { kind: 'typing', room: 'tea', account: 'ada' })
  const healed = Promise.all([gapOf(ada), gapOf(bob)])
  await own.restart()
  await healed
  const heard = new Promise((resolve) => void bob.subscribe('again', resolve))
  while (!bob.figures().up || !ada.figures().up) await new Promise(setImmediate)
  const repeat = setInterval(() => void ada.publish('again', { kind: 'typing', room: 'tea', account: 'ada' }), 50)
  await heard
  clearInterval(repeat)
  await Promise.all([ada.close(), bob.close()])
  await own.close()
})

test('a Redis that keeps its connections and says nothing is found out', async () => {
  const own = await startRedis()
  const [ada] = (await nodes(1, own)) as [Bus]
  const down = gapOf(ada)
  own.signal('SIGSTOP')
  await down
  assert.equal(ada.figures().up, false)
  const healed = gapOf(ada)
  own.signal('SIGCONT')
  await healed
  assert.equal(ada.figures().up, true)
  await ada.close()
  await own.close()
})

test('a subscription that is gone while its connection lives is found out, whichever it is', async () => {
  const own = await startRedis()
  const [ada] = (await nodes(1, own)) as [Bus]
  await ada.subscribe('rooms/1', () => undefined)
  const down = gapOf(ada)
  await own.tell('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await down
  await gapOf(ada)
  assert.equal(ada.figures().up, true)
  await ada.close()
  await own.close()
})

test('one channel that is deaf among others that hear is found out', async () => {
  const own = await startRedis()
  let isTaken = true
  /** On the way there one subscription becomes that of another channel. */
  const thief = createServer((near) => {
    const far = connect(own.port, '127.0.0.1')
    let listens = false
    near.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      listens ||= /subscribe/i.test(text)
      far.write(Buffer.from(isTaken && listens ? text.replace('rooms/1', 'rooms/X') : text, 'latin1'))
    })
    far.pipe(near)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  }).listen(0, '127.0.0.1')
  await once(thief, 'listening')
  const url = `redis://127.0.0.1:${(thief.address() as AddressInfo).port}`
  const ada = await createRedisBus({ where: locate({ url }), house: 'deaf', node: 'ada', key, log, probeEvery: 100 })
  assert.equal(ada.figures().up, true)
  for (const topic of ['rooms/0', 'rooms/1', 'rooms/2']) await ada.subscribe(topic, () => undefined)
  await gapOf(ada)
  assert.equal(ada.figures().up, false)
  isTaken = false
  while (!ada.figures().up) await gapOf(ada)
  await ada.close()
  thief.close()
  await own.close()
})

test('a Redis that takes connections and says nothing is given up, and the next try finds one that speaks', async (t) => {
  const silent = 2
  let came = 0
  const door = createServer((socket) => {
    if (++came <= silent) return
    const inside = connect(redis.port, '127.0.0.1')
    socket.pipe(inside).pipe(socket)
    for (const end of [socket, inside]) end.on('error', () => undefined)
  })
  t.after(() => door.close())
  await once(door.listen(0, '127.0.0.1'), 'listening')
  const where = locate({ url: `redis://127.0.0.1:${(door.address() as AddressInfo).port}` })
  const bus = await createRedisBus({ where, house: 'silence', node: 'node0', key, log, probeEvery: 100 })
  t.after(() => bus.close())
  assert.deepEqual([bus.figures().up, bus.figures().troubles], [true, 1])
})

test('a certificate of an authority that cannot be read is a trouble of the bus, and not the end of the node', async (t) => {
  const where = locate({ url: 'rediss://127.0.0.1:1', ca: join(import.meta.dirname, 'nothing.pem') })
  const bus = await createRedisBus({ where, house: 'unsure', node: 'node0', key, log, probeEvery: 100 })
  t.after(() => bus.close())
  assert.equal(bus.figures().up, false)
  assert.ok(bus.figures().troubles > 0)
})
