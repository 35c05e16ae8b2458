import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { isRefusalCode } from '../../src/protocol/codes.ts'
import { Guest, newKey } from '../support/guest.ts'
import { endsWithUs } from '../support/offspring.ts'
import { type Chance, chance, often, seedOf } from './chance.ts'
import { expected, mutated } from './mutator.ts'
import { enter, frame, type RawClient } from './raw.ts'

interface Place {
  port: number
  ca: string
  tokens: [ada: string, bob: string, eve: string]
  rooms: string[]
  tea: string
}
interface Weight {
  heap: number
  rss: number
  connections: number
  faults: string[]
}
const MiB = 2 ** 20
const frames = often(100_000, 25_000)
const batch = 100
let child: ChildProcess
let place: Place

before(async () => {
  child = endsWithUs(
    fork(join(import.meta.dirname, 'fuzz-house.ts'), { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] }),
  )
  ;[place] = (await once(child, 'message')) as [Place]
})
after(async () => {
  if (!child.connected) return
  child.send('close')
  await once(child, 'exit')
})

async function weigh(): Promise<Weight> {
  assert.ok(child.connected, 'the server has gone')
  child.send('weigh')
  const [weight] = (await once(child, 'message')) as [Weight]
  return weight
}

/** One connection after the other, each until it is thrown out or has said enough; returns how much was said. */
async function rant(token: string, luck: Chance, count: number): Promise<{ said: number; codes: Map<string, number> }> {
  const codes = new Map<string, number>()
  let said = 0
  while (said < count) {
    const client = await enter(place.port, token, place.ca)
    let bad = 0
    for (let isOpen = true; isOpen && said < count; ) {
      const texts: string[] = []
      while (isOpen && texts.length < batch) {
        const text = mutated(luck, 1 + said + texts.length, place.rooms, 2)
        const { ref, ends } = expected(text)
        if (ref === 0) bad++
        isOpen = bad < 3 && !ends
        texts.push(text)
      }
      said += texts.length
      if (isOpen) await answered(client, texts, codes)
      else {
        // What ends the connection comes alone: what is under way at an end need not be answered any more.
        await answered(client, texts.slice(0, -1), codes)
        const last = texts.at(-1) as string
        client.say(frame(last))
        // 1006: what somebody else said a moment before was still on its way to them; then it is all thrown away.
        assert.ok([bad === 3 ? 4305 : 1000, 1006].includes(await client.closeCode()), last)
      }
    }
    client.hangUp()
  }
  return { said, codes }
}

/** Says all of it in one write; each must be answered exactly once, in words that are in the contract. */
async function answered(client: RawClient, texts: string[], codes: Map<string, number>): Promise<void> {
  const due = new Map<number, string[]>()
  for (const text of texts) {
    const { ref } = expected(text)
    due.set(ref, [...(due.get(ref) ?? []), text])
  }
  client.say(Buffer.concat(texts.map((text) => frame(text))))
  for (let left = texts.length; left > 0; ) {
    const next = await client.frame()
    if (!next) assert.fail(`ended before the answer to ${JSON.stringify([...due.values()].flat()[0])}`)
    if (next.opcode === 9) client.say(frame(next.payload, { opcode: 10 }))
    if (next.opcode === 8)
      assert.fail(`closed with ${next.payload.readUInt16BE(0)} before ${JSON.stringify([...due.values()].flat()).slice(0, 2000)}`)
    if (next.opcode !== 1 || !/^\{"type":"(?:ok|refused)"/.test(next.payload.toString('latin1', 0, 20))) continue
    const { type, ref, code } = JSON.parse(String(next.payload)) as { type: string; ref: number; code?: string }
    const text = due.get(ref)?.pop()
    if (text === undefined) assert.fail(`an answer to nothing: ${String(next.payload).slice(0, 300)}`)
    if (type === 'refused')
      assert.ok(isRefusalCode(code ?? '') && code !== 'internal' && code !== 'unavailable', `${code}: ${text.slice(0, 500)}`)
    if (ref === 0) assert.equal(code, 'bad_frame', text)
    codes.set(code ?? 'ok', (codes.get(code ?? 'ok') ?? 0) + 1)
    left--
  }
}

test(`${frames} mutated frames: each is answered once, none breaks the server, and it weighs what it weighed (WSF-13)`, {
  timeout: often(600_000),
}, async (t) => {
  const seed = seedOf(t)
  const [ada, , eve] = place.tokens
  const all = (share: number) =>
    Promise.all([ada, ada, eve, eve].map((token, i) => rant(token, chance(seed + i), Math.ceil((frames * share) / 4))))
  const first = await all(0.2) // what a server needs once, it has after this
  const before = await weigh()
  const rants = await all(0.8)
  const after = await weigh()
  const codes = new Map<string, number>()
  for (const rant of [...first, ...rants]) for (const [code, times] of rant.codes) codes.set(code, (codes.get(code) ?? 0) + times)
  t.diagnostic(`${[...codes].map(([code, times]) => `${code} ${times}`).join(', ')}`)
  const growth = (after.heap - before.heap) / MiB
  t.diagnostic(
    `heap ${(before.heap / MiB).toFixed(1)} MiB, then ${growth.toFixed(1)} MiB more; rss ${(before.rss / MiB).toFixed(0)} → ${(after.rss / MiB).toFixed(0)} MiB`,
  )
  // Of the last two there are two in ten thousand.
  const rare = frames < 100_000 ? [] : ['too_large', 'conflict']
  for (const code of ['ok', 'bad_frame', 'invalid', 'no_such_room', 'no_such_message', 'forbidden', ...rare])
    assert.ok(codes.has(code), code)
  assert.deepEqual([...before.faults, ...after.faults], [])
  assert.ok(growth < 32, `${growth} MiB more`)
  assert.ok(after.rss - before.rss < 256 * MiB)
})

test('bytes that were frames once, with bits flipped anywhere, end their own connection at most (WSF-13)', {
  timeout: often(300_000),
}, async (t) => {
  const luck = chance(seedOf(t) + 9)
  for (let round = 0; round < often(300, 100); round++) {
    const client = await enter(place.port, place.tokens[2], place.ca)
    const good = Array.from({ length: 20 }, (_, i) => frame(mutated(luck, i + 1, place.rooms, 0)))
    const bytes = Buffer.concat(good)
    for (let flips = 1 + luck.below(20); flips > 0; flips--) {
      const at = luck.below(bytes.length)
      bytes[at] = (bytes[at] as number) ^ (1 << luck.below(8))
    }
    client.say(bytes.subarray(0, 1 + luck.below(bytes.length)))
    client.socket.end()
    await client.closed
  }
  assert.deepEqual((await weigh()).faults, [])
})

test('afterwards ada and bob go on as if nothing had been (WSF-13)', async () => {
  const guest = (token: string) => new Guest(`wss://localhost:${place.port}/ws`, { token, ca: place.ca })
  const [ada, bob] = [guest(place.tokens[0]), guest(place.tokens[1])]
  await Promise.all([ada.hears('welcome'), bob.hears('welcome')])
  await bob.open(place.tea)
  const { seq } = await ada.post(place.tea, 'are you there?', newKey())
  assert.equal((await bob.hearsText('are you there?')).seq, seq)
  for (const guest of [ada, bob]) guest.ws.close()
  await Promise.all([ada.ended(), bob.ended()])
  while ((await weigh()).connections > 0) await turnEnd()
})
