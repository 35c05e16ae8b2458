import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { enter, frame, type RawClient } from './raw.ts'

let house: TestHouse
let ada: Person
let bob: Person
let port: number
let room: string

const many = [
  'HANDSHAKESPERSECONDPERADDRESS',
  'CONNECTIONSPERLOGIN',
  'CONNECTIONSPERACCOUNT',
  'FRAMESPERSECOND',
  'POSTSPERSECOND',
  'POSTBURST',
]

before(async () => {
  house = await startHouse({ settings: Object.fromEntries(many.map((name) => [`PARLEY__LIMITS__${name}`, '100000'])) })
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
/** A text frame in pieces of these. */
const pieces = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part, i) => frame(part, { opcode: i === 0 ? 1 : 0, final: i === parts.length - 1 })))
const closing = (code: number, reason: string | Buffer = '') => {
  const head = Buffer.alloc(2)
  head.writeUInt16BE(code)
  return frame(Buffer.concat([head, Buffer.from(reason)]), { opcode: 8 })
}

const invalid = ['c0af', 'eda080', 'edbfbf', 'f4908080', 'f5808080', 'ff', 'fe', '80', 'e282', 'f09f98', 'c3', 'e08080', 'f0808080'].map(
  (hex) => Buffer.from(hex, 'hex'),
)
const wrong: [what: string, bytes: Buffer, code: number][] = [
  ['a frame without mask', frame(ping, { masked: false }), 1002],
  ...[1, 2, 4, 7].map((rsv): [string, Buffer, number] => [`RSV ${rsv}`, frame(ping, { rsv }), 1002]),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode): [string, Buffer, number] => [`opcode ${opcode}`, frame(ping, { opcode }), 1002]),
  ...[8, 9, 10].map((opcode): [string, Buffer, number] => [`opcode ${opcode} in pieces`, frame('', { opcode, final: false }), 1002]),
  ...[8, 9, 10].map((opcode): [string, Buffer, number] => [`opcode ${opcode} with 126 bytes`, frame('x'.repeat(126), { opcode }), 1002]),
  ['a piece of nothing', frame('x', { opcode: 0 }), 1002],
  ['a last piece of nothing', frame('x', { opcode: 0, final: false }), 1002],
  ['a new text among pieces', Buffer.concat([frame('{', { final: false }), frame(ping)]), 1002],
  ['a close of one byte', frame('x', { opcode: 8 }), 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map((code): [string, Buffer, number] => [
    `close ${code}`,
    closing(code),
    1002,
  ]),
  ['a close with a broken reason', closing(1000, Buffer.from([0xc0, 0xaf])), 1007],
  ...invalid.map((bytes): [string, Buffer, number] => [`text ${bytes.toString('hex')}`, frame(bytes), 1007]),
  ...invalid.map((bytes): [string, Buffer, number] => [`pieces of ${bytes.toString('hex')}`, pieces('"', bytes, '"'), 1007]),
  ['half a letter, and nothing after it', pieces('"', Buffer.from('f09f', 'hex')), 1007],
  ['one byte too many', frame('x'.repeat(65_537)), 1009],
  ['too much in pieces', pieces('x'.repeat(40_000), 'x'.repeat(40_000)), 1009],
  ['2⁶³−1 bytes announced', frame('x', { length: 2n ** 63n - 1n }), 1009],
  ['2⁵³ bytes announced', frame('x', { length: 2n ** 53n }), 1009],
  ['2³² bytes announced', frame('x', { length: 2n ** 32n }), 1009],
  ['bytes', frame(ping, { opcode: 2 }), 1003],
  ['no bytes', frame('', { opcode: 2 }), 1003],
  ['bytes in pieces', Buffer.concat([frame('{', { opcode: 2, final: false }), frame('}', { opcode: 0 })]), 1003],
  ['65 pieces', pieces(...Array.from({ length: 65 }, () => 'x')), 1008],
  ['a thousand empty pieces', pieces(...Array.from({ length: 1000 }, () => '')), 1008],
]

test('what is no WebSocket frame ends its connection with the code that RFC 6455 has for it, and no other', async () => {
  for (const [what, bytes, code] of wrong) {
    const client = await enter(port, ada.token)
    client.say(bytes)
    assert.equal(await client.closeCode(), code, what)
    client.hangUp()
  }
})

test('what is unusual but right is answered: 64 pieces, letters cut in two, pings among pieces, the longest frame', async () => {
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

test('after a close frame nothing more is said, however much happens in the room (RFC 6455 §5.5.1)', async () => {
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
