import assert from 'node:assert/strict'
import { isUtf8 } from 'node:buffer'
import { after, before, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { chance, often, seedOf } from './chance.ts'
import { enter, frame, pieces } from './raw.ts'
import { unhurried } from './unhurried.ts'

let house: TestHouse
let ada: Person
let port: number

before(async () => {
  house = await startHouse({ settings: unhurried() })
  ada = await house.person('ada')
  port = house.service.port
})
after(() => house.close())

test('bytes are text exactly when UTF-8 says so, wherever they are cut (WSF-03)', async (t) => {
  const luck = chance(seedOf(t))
  const letters = ['a', '\x7f', 'é', '߿', 'ࠀ', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}'].map((letter) => Buffer.from(letter))
  for (let round = 0; round < often(60); round++) {
    const bytes = Buffer.concat(Array.from({ length: 1 + luck.below(6) }, () => luck.pick(letters)))
    for (let hits = luck.below(3); hits > 0; hits--) bytes[luck.below(bytes.length)] = luck.below(256)
    const cuts = Array.from({ length: luck.below(4) }, () => luck.below(bytes.length)).sort((a, b) => a - b)
    const client = await enter(port, ada.token)
    client.say(pieces(...[0, ...cuts].map((from, i) => bytes.subarray(from, cuts[i]))))
    const what = bytes.toString('hex')
    if (isUtf8(bytes)) assert.equal((await client.hears({ type: 'refused' })).code, 'bad_frame', what)
    else assert.equal(await client.closeCode(), 1007, what)
    client.hangUp()
  }
})

test('half a letter is never written down, however it is spelt; a whole one is, even when its halves come apart (WSF-03)', async () => {
  const client = await enter(port, ada.token)
  const quiet = await house.room('quiet', [ada])
  const post = (ref: number, text: string) => `{"type":"post","ref":${ref},"room":"${quiet}","key":"${newKey()}","text":"${text}"}`
  const halves = ['\\ud800', '\\udc00', '\\ud83d', 'x\\ude00', '\\ude00\\ud83d', '\\ud83d\\ud83d\\ude00', '\\uD83Dx\\uDE00', 'a\\u0000b']
  for (const [i, half] of halves.entries()) {
    client.say(frame(post(i + 1, half)))
    assert.equal((await client.hears({ ref: i + 1 })).code, 'invalid', half)
  }
  const spelt = frame(post(20, '\\ud83d\\ude00'))
  client.say(spelt.subarray(0, -8))
  client.say(spelt.subarray(-8))
  assert.equal((await client.hears({ ref: 20 })).type, 'ok')
  const raw = Buffer.from(post(21, '😀'))
  const middle = raw.indexOf('😀') + 2
  client.say(pieces(raw.subarray(0, middle), raw.subarray(middle)))
  assert.equal((await client.hears({ ref: 21 })).type, 'ok')
  client.say(frame(`{"type":"history","ref":22,"room":"${quiet}"}`))
  const { events } = (await client.hears({ ref: 22 })) as { events: { text: string }[] }
  assert.deepEqual(
    events.map(({ text }) => text),
    ['😀', '😀'],
  )
  client.hangUp()
})
