import type { KeyObject } from 'node:crypto'
import type { Logger } from 'pino'
import type { Bus, BusMessage } from './bus.ts'
import { createLetters } from './letter.ts'
import { createListeners } from './listeners.ts'
import { enter, openClient, type RedisClient, wordsOf } from './redis-client.ts'
import type { Whereabouts } from './whereabouts.ts'

interface Opening {
  where: Whereabouts
  /** The house, so that several can share one Redis: it stands in the name of every channel. */
  house: string
  node: string
  /** What only nodes of this house have. */
  key: KeyObject
  log: Logger
  /** ms between two signs of life to oneself. */
  probeEvery?: number
}

/** ms that the start waits for Redis; after that it goes on without. */
const patience = 3000
/** A road on which nothing has come back for so many signs of life is deaf, whatever its sockets say. */
const deafAfter = 3
/** bytes on their way to Redis; what comes on top is not sent, and the others read it from the store. */
const mostOnTheWay = 16 * 1024 * 1024
/** ms between two tries to build the road anew. */
const [firstTry, slowestTry] = [100, 2000]

/** Two connections that live and end together: one speaks, the other hears. */
interface Road {
  speaker: RedisClient
  hearer: RedisClient
  /** Monotonic ms of the last sign of life that came back. */
  provenAt: number
  /** Those that Redis has confirmed. */
  channels: Set<string>
  /** Signs of life that are still to come back. */
  awaited: Set<number>
}

/**
 * The road over Redis' publish and subscribe. A subscription can look well and hear nothing, so the road proves itself through its own
 * channels, one after the other; where that fails it is built anew, and listeners are told that they may have missed something.
 */
export async function createRedisBus({ where, house, node, key, log, probeEvery = 1000 }: Opening): Promise<Bus> {
  const letters = createLetters(key)
  const listeners = createListeners()
  const gaps: (() => void)[] = []
  const figures = { up: false, sent: 0, heard: 0, unsent: 0, refused: 0, unknown: 0, troubles: 0 }
  let roundTrip: number | undefined
  const prefix = `parley:${house}:`
  let road: Road | undefined
  let tries = 0
  let onTheWay = 0
  let probes = 0
  let probedAt = 0
  let again: NodeJS.Timeout | undefined
  let isClosed = false
  let settled = () => {}

  function take(bytes: Buffer, channelBytes: Buffer): void {
    const channel = channelBytes.toString()
    const letter = letters.read(channel, bytes)
    if (letter === 'unknown') {
      if (figures.unknown++ === 0)
        log.info({ event: 'bus_unknown', channel }, 'A newer node says something on the bus that is not known here')
      return
    }
    if (letter === 'foreign') {
      if (figures.refused++ === 0) log.warn({ event: 'bus_refused', channel }, 'Something on the bus is not from a node of ours')
      return
    }
    if (letter.from === node) {
      if (letter.probe !== undefined) proven(letter.probe)
      return
    }
    if (!letter.message) return
    figures.heard++
    listeners.tell(channel.slice(prefix.length), letter.message)
  }

  function proven(probe: number): void {
    if (!road?.awaited.delete(probe)) return
    // What one connection sends arrives in that order: an earlier one that has not is lost, and its channel deaf.
    if ([...road.awaited].some((earlier) => earlier < probe)) return tearDown(road, new Error('a channel is deaf'))
    road.provenAt = performance.now()
    if (probe === probes) roundTrip = road.provenAt - probedAt
    if (figures.up) return
    figures.up = true
    tries = 0
    log.info({ event: 'bus_up' }, 'The nodes hear each other')
    settled()
    tellGap()
  }

  function tellGap(): void {
    for (const gap of gaps) gap()
  }

  async function build(): Promise<void> {
    let mine: Road | undefined
    const lost = (error: unknown) => (mine ? tearDown(mine, error) : later(error))
    try {
      const place = await where.find()
      if (isClosed) return
      const [speaker, hearer] = [openClient(place), openClient(place)]
      mine = { speaker, hearer, provenAt: performance.now(), channels: new Set(), awaited: new Set() }
      road = mine
      for (const client of [speaker, hearer]) client.on('error', lost).on('end', () => lost(new Error('Redis has hung up')))
      await Promise.all([enter(speaker, place), enter(hearer, place)])
      await follow(mine, [`${prefix}node/${node}`, ...listeners.topics().map((topic) => prefix + topic)])
      mine.provenAt = performance.now()
      probe()
    } catch (error) {
      lost(error)
    }
  }

  async function follow(which: Road, channels: string[]): Promise<void> {
    await which.hearer.subscribe(channels, take, true)
    for (const channel of channels) which.channels.add(channel)
  }

  function tearDown(which: Road, error: unknown): void {
    if (road !== which) return
    road = undefined
    for (const client of [which.speaker, which.hearer]) if (client.isOpen) client.destroy()
    later(error)
  }

  /** There is no road now; it is built soon. */
  function later(error: unknown): void {
    if (isClosed) return
    if (figures.up || tries === 0)
      log.error({ event: 'bus_down', why: wordsOf(error) }, 'The nodes do not hear each other: Redis cannot be used')
    if (figures.up) tellGap()
    figures.up = false
    roundTrip = undefined
    figures.troubles++
    again = setTimeout(() => void build(), Math.min(firstTry * 2 ** tries++, slowestTry) * (0.5 + Math.random() / 2))
  }

  /** Through the very channels that matter, each in its turn. */
  function probe(): void {
    if (!road) return
    // Before it is asked whether it is ready: one that accepts and says nothing never is.
    if (performance.now() - road.provenAt > deafAfter * probeEvery) return tearDown(road, new Error('what is sent does not come back'))
    if (!road.hearer.isReady) return
    const sign = ++probes
    const channel = [...road.channels][sign % road.channels.size]
    if (channel === undefined) return
    probedAt = performance.now()
    const { awaited } = road
    awaited.add(sign)
    if (!send(channel, letters.write(channel, { from: node, probe: sign }), () => awaited.delete(sign))) awaited.delete(sign)
  }

  /** @param failed it has not reached Redis */
  function send(channel: string, bytes: Buffer, failed?: () => void): boolean {
    if (!road?.speaker.isReady || onTheWay > mostOnTheWay) return false
    onTheWay += bytes.length
    const done = () => {
      onTheWay -= bytes.length
    }
    // What is lost is found in the store.
    road.speaker.publish(channel, bytes).then(done, () => {
      done()
      failed?.()
    })
    return true
  }

  where.onMove(() => road && tearDown(road, new Error('the sentinels name another master')))
  const probing = setInterval(probe, probeEvery)
  const first = new Promise<void>((resolve) => {
    settled = resolve
  })
  const waited = setTimeout(() => settled(), patience)
  void build()
  await first
  clearTimeout(waited)

  return {
    async publish(topic: string, message: BusMessage) {
      listeners.tell(topic, message)
      const channel = prefix + topic
      if (road && send(channel, letters.write(channel, { from: node, message }))) figures.sent++
      else figures.unsent++
    },
    async subscribe(topic, listener) {
      const isNew = !listeners.topics().includes(topic)
      const stop = listeners.add(topic, listener)
      // Where that fails the road does, and the next one subscribes to everything.
      if (isNew && road?.hearer.isReady) await follow(road, [prefix + topic]).catch(() => undefined)
      return stop
    },
    onGap: (listener) => void gaps.push(listener),
    figures: () => ({ ...figures, roundTrip }),
    async close() {
      isClosed = true
      clearInterval(probing)
      clearTimeout(again)
      listeners.clear()
      gaps.length = 0
      const last = road
      road = undefined
      // What was said last goes out first.
      if (last?.speaker.isReady)
        await Promise.race([last.speaker.close(), new Promise((resolve) => setTimeout(resolve, 500).unref())]).catch(() => undefined)
      for (const client of [last?.speaker, last?.hearer]) if (client?.isOpen) client.destroy()
    },
  }
}
