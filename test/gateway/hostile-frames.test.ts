import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { enter, frame, pieces, RawClient, upgradeText } from './raw.ts'
import { unhurried } from './unhurried.ts'

let house: TestHouse
let ada: Person
let bob: Person
let port: number
let room: string

before(async () => {
  house = await startHouse({ settings: unhurried() })
  ;[ada, bob] = await house.people('ada', 'bob')
  room = await house.room('tea', [ada, bob])
  port = house.service.port
})
after(async () => {
  try {
    const [a, b] = [await house.connect(ada), await house.connect(bob)]
    await b.open(room)
    await a.post(room, 'still here')
    await b.hearsText('still here')
  } finally {
    await house.close()
  }
})

const ping = '{"type":"ping","ref":1}'
const closing = (code: number, reason: string | Buffer = '') => {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return frame(Buffer.concat([head, Buffer.from(reason)]), { opcode: 8 })
}

const invalid = ['c0af', 'eda080', 'edbfbf', 'f4908080', 'f5808080', 'ff', 'fe', '80', 'e282', 'f09f98', 'c3', 'e08080', 'f0808080'].map(
  (hex) => Buffer.from(hex, 'hex'),
)
type Wrong = [what: string, bytes: Buffer, code: number]
const all = (numbers: number[], make: (one: number) => Wrong): Wrong[] => numbers.map(make)

const misframed: Wrong[] = [
  ['a frame without mask', frame(ping, { masked: false }), 1002],
  ['a ping without mask', frame('', { opcode: 9, masked: false }), 1002],
  ...all([1, 2, 4, 7], (rsv) => [`RSV ${rsv}`, frame(ping, { rsv }), 1002]),
  ...all([1, 2, 4, 7], (rsv) => [`a ping with RSV ${rsv}`, frame('', { opcode: 9, rsv }), 1002]),
  ...all([1, 2, 4], (rsv) => [
    `a last piece with RSV ${rsv}`,
    Buffer.concat([frame('{', { final: false }), frame('}', { opcode: 0, rsv })]),
    1002,
  ]),
  ...all([3, 4, 5, 6, 7, 11, 12, 13, 14, 15], (opcode) => [`opcode ${opcode}`, frame(ping, { opcode }), 1002]),
  ...all([8, 9, 10], (opcode) => [`opcode ${opcode} in pieces`, frame('', { opcode, final: false }), 1002]),
  ...all([8, 9, 10], (opcode) => [`opcode ${opcode} with 126 bytes`, frame('x'.repeat(126), { opcode }), 1002]),
  ...all([8, 9, 10], (opcode) => [`opcode ${opcode} with 2⁶³−1 bytes`, frame('x', { opcode, length: 2n ** 63n - 1n }), 1002]),
  ['a piece of nothing', frame('x', { opcode: 0 }), 1002],
  ['a last piece of nothing', frame('x', { opcode: 0, final: false }), 1002],
  ['a new text among pieces', Buffer.concat([frame('{', { final: false }), frame(ping)]), 1002],
  ['a close of one byte', frame('x', { opcode: 8 }), 1002],
  ...all([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535], (code) => [`close ${code}`, closing(code), 1002]),
]
const misspelt: Wrong[] = [
  ['a close with a broken reason', closing(1000, Buffer.from([0xc0, 0xaf])), 1007],
  ...invalid.map((bytes): Wrong => [`text ${bytes.toString('hex')}`, frame(bytes), 1007]),
  ...invalid.map((bytes): Wrong => [`pieces of ${bytes.toString('hex')}`, pieces('"', bytes, '"'), 1007]),
  ...invalid.map(
    (bytes): Wrong => [`${bytes.toString('hex')} byte by byte`, pieces('"', ...[...bytes].map((one) => Buffer.of(one)), '"'), 1007],
  ),
  ['half a letter, and nothing after it', pieces('"', Buffer.from('f09f', 'hex')), 1007],
]
const tooLong: Wrong[] = [
  ['one byte too many', frame('x'.repeat(65_537)), 1009],
  ['too much in pieces', pieces('x'.repeat(40_000), 'x'.repeat(40_000)), 1009],
  ...all([17, 31, 32, 33, 52, 53, 62, 63], (bits) => [`2^${bits} bytes announced`, frame('x', { length: 2n ** BigInt(bits) }), 1009]),
  ['2⁶³−1 bytes announced', frame('x', { length: 2n ** 63n - 1n }), 1009],
  ['2⁶⁴−1 bytes announced', frame('x', { length: 2n ** 64n - 1n }), 1009],
  [
    '2⁶³−1 bytes announced by a second piece',
    Buffer.concat([frame('{', { final: false }), frame('x', { opcode: 0, length: 2n ** 63n - 1n })]),
    1009,
  ],
]
const binary: Wrong[] = [
  ['bytes', frame(ping, { opcode: 2 }), 1003],
  ['no bytes', frame('', { opcode: 2 }), 1003],
  ['bytes in pieces', Buffer.concat([frame('{', { opcode: 2, final: false }), frame('}', { opcode: 0 })]), 1003],
  ['an array of 2³²−1 things (MessagePack)', frame(Buffer.from('ddffffffff', 'hex'), { opcode: 2 }), 1003],
]
const crumbled: Wrong[] = [
  ['65 pieces', pieces(...Array.from({ length: 65 }, () => 'x')), 1008],
  ['a thousand empty pieces', pieces(...Array.from({ length: 1000 }, () => '')), 1008],
]
const tables: [promise: string, table: Wrong[]][] = [
  ['what breaks the framing of RFC 6455 ends its own connection with 1002 (WSF-02)', misframed],
  ['text that is no UTF-8 ends it with 1007, whole, in pieces or byte by byte (WSF-03)', misspelt],
  ['what is longer than a frame may be ends it with 1009 as soon as it is announced (WSF-04)', tooLong],
  ['what is not text ends it with 1003 (WSF-14)', binary],
  ['a message of more pieces than anybody needs ends it with 1008 (WSF-05)', crumbled],
]
for (const [promise, table] of tables) {
  test(promise, async () => {
    for (const [what, bytes, code] of table) {
      const client = await enter(port, ada.token)
      client.say(bytes)
      assert.equal(await client.closeCode(), code, what)
      client.hangUp()
    }
  })
}

test('a frame that comes in a thousand crumbs ends it with 1008 (WSF-05)', async () => {
  const client = await enter(port, ada.token)
  const bytes = frame('x'.repeat(2000))
  for (let i = 0; i < 1200 && !client.socket.destroyed; i++)
    await new Promise<void>((resolve) => void client.socket.write(bytes.subarray(i, i + 1), () => resolve()))
  assert.equal(await client.closeCode(), 1008)
  client.hangUp()
})

test('what is compressed is refused, since nobody agreed to it: a bomb stays folded (WSF-02, WSF-07)', async () => {
  const client = await RawClient.dial(port)
  const headers = { Authorization: `Bearer ${ada.token}`, 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
  const answer = await client.say(upgradeText(port, { headers })).answer()
  assert.deepEqual([answer.status, answer.headers.get('sec-websocket-extensions')], [101, undefined])
  client.say(frame(deflateRawSync(Buffer.alloc(8 * 1024 * 1024)), { rsv: 4 }))
  assert.equal(await client.closeCode(), 1002)
  client.hangUp()
})

test('nothing is set aside for what is only announced (WSF-04)', async () => {
  const clients = await Promise.all(Array.from({ length: 200 }, () => enter(port, ada.token)))
  const before = process.memoryUsage().arrayBuffers
  for (const client of clients) client.say(frame('x', { length: 65_536n }))
  const honest = await enter(port, bob.token)
  for (let ref = 1; ref <= 20; ref++) {
    honest.say(frame(`{"type":"history","ref":${ref},"room":"${room}"}`))
    await honest.hears({ ref }) // the server has had many a turn to read
  }
  const grown = process.memoryUsage().arrayBuffers - before
  assert.ok(grown < 4 * 1024 * 1024, `${grown} bytes for 13 MB that were announced`)
  for (const client of [honest, ...clients]) client.hangUp()
})

test('what is unusual but right is answered: 64 pieces, letters cut in two, pings among pieces, the longest frame (WSF-03, WSF-04, WSF-05)', async () => {
  const client = await enter(port, ada.token)
  const long = `{"type":"ping","ref":2,"x":"${'é'.repeat(32_000)}"}`.padEnd(65_536 - 32_000, ' ')
  assert.equal(Buffer.byteLength(long), 65_536)
  client.say(frame(long))
  assert.equal((await client.hears({ ref: 2 })).type, 'ok')
  client.say(pieces(...Array.from({ length: 63 }, () => ' '), '{"type":"ping","ref":3}'))
  assert.equal((await client.hears({ ref: 3 })).type, 'ok')
  const smile = Buffer.from('{"type":"post","ref":4,"room":"x","key":"0123456789abcdef","text":"😀"}')
  const bytes = [...smile].map((byte) => Buffer.from([byte]))
  client.say(pieces(...bytes.slice(0, 30), Buffer.concat(bytes.slice(30, -5)), ...bytes.slice(-5)))
  assert.equal((await client.hears({ ref: 4 })).code, 'no_such_room')
  client.say(Buffer.concat([frame('{"type":"ping",', { final: false }), frame('hey', { opcode: 9 }), frame('', { opcode: 10 })]))
  client.say(frame('"ref":5}', { opcode: 0 }))
  let pong: string | undefined
  for (let said = await client.frame(); said && said.opcode !== 1; said = await client.frame())
    if (said.opcode === 10) pong = String(said.payload)
  assert.equal(pong, 'hey')
  client.hangUp()
})

/** The frames that come until the connection is over. */
async function rest(client: RawClient): Promise<string[]> {
  const heard = []
  for (let said = await client.frame(); said; said = await client.frame()) {
    if (said.opcode === 8) client.say(frame(said.payload, { opcode: 8 })) // so that the server need not wait for it
    heard.push(said.opcode === 1 ? (JSON.parse(String(said.payload)) as { type: string }).type : `opcode ${said.opcode}`)
  }
  return heard
}

test('after a close frame nothing more is said, however much happens in the room (WSF-12)', async () => {
  const busy = await house.room('busy', [ada, bob])
  const a = await house.connect(ada)
  let posting = true
  const posts = (async () => {
    while (posting) await a.post(busy, 'x', newKey())
  })()
  const ways: [string, Buffer][] = [
    ['bye', frame('{"type":"bye","ref":9}')],
    ['a close', closing(1000)],
    ['a mistake', frame(ping, { rsv: 4 })],
    ['bytes', frame(ping, { opcode: 2 })],
    ['three things that are no frames', Buffer.concat([frame('1'), frame('2'), frame('3')])],
  ]
  try {
    for (const [what, bytes] of ways) {
      for (let round = 0; round < 5; round++) {
        const b = await enter(port, bob.token)
        b.say(frame(JSON.stringify({ type: 'open', ref: 1, rooms: [{ room: busy }] })))
        await b.hears({ type: 'events' })
        b.say(bytes)
        const heard = await rest(b)
        const close = heard.indexOf('opcode 8')
        assert.ok(close >= 0, `${what}: ${heard}`)
        assert.equal(close, heard.length - 1, `${what}: ${heard.slice(close)} after the close frame`)
        if (what === 'bye') assert.ok(heard.includes('ok'), 'bye is answered before the close')
        b.hangUp()
      }
    }
  } finally {
    posting = false
    await posts
  }
})
