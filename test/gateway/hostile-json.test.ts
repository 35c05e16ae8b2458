import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { enter, frame, type RawClient } from './raw.ts'
import { unhurried } from './unhurried.ts'

let house: TestHouse
let ada: Person
let port: number
let room: string

before(async () => {
  house = await startHouse({ settings: unhurried() })
  ada = await house.person('ada')
  room = await house.room('tea', [ada])
  port = house.service.port
})
after(() => house.close())

/** Says one thing and then a ping; returns what was said about the first. Anything but one answer fails. */
async function say(client: RawClient, raw: string, ref: number): Promise<Record<string, unknown>> {
  client.say(frame(raw)).say(frame('{"type":"ping","ref":999999}'))
  const heard = []
  for (;;) {
    const next = await client.frame()
    if (!next) assert.fail(`ended after ${raw.slice(0, 200)}`)
    const said = JSON.parse(String(next.payload)) as Record<string, unknown>
    if (said.type !== 'ok' && said.type !== 'refused') continue
    if (said.ref === 999999) break
    heard.push(said)
  }
  assert.deepEqual(
    heard.map((one) => one.ref),
    [ref],
    `${raw.slice(0, 200)} was answered ${JSON.stringify(heard).slice(0, 500)}`,
  )
  return heard[0] as Record<string, unknown>
}

test('what is no frame is `bad_frame` with ref 0; the third of them ends the connection with 4305', async () => {
  const deep = '['.repeat(30_000)
  const noFrames = [
    ...['', ' ', '{', '[]', 'null', 'true', '1', '"x"', 'undefined', 'NaN', '{}', '{"type":"ping"}', '\ufeff{"type":"ping","ref":1}'],
    ...[
      "{'type':'ping','ref':1}",
      '{"type":"ping","ref":1,}',
      '{"type":"ping","ref":1}{"type":"ping","ref":2}',
      '[{"type":"ping","ref":1}]',
    ],
    ...[deep, `${deep}${']'.repeat(30_000)}`, '{"a":'.repeat(10_000), `"${'\\ud800'.repeat(100)}"`, '\0', '{"type":"ping","ref":1}\0'],
  ]
  const noRefs = [
    '0',
    '-1',
    '-0',
    '1.5',
    '1e308',
    '-1e308',
    '1e999',
    '4294967296',
    '9007199254740993',
    '"1"',
    'null',
    'true',
    '[1]',
    '{}',
    '{"valueOf":1}',
  ]
  const all = [
    ...noFrames,
    ...noRefs.map((ref) => `{"type":"ping","ref":${ref}}`),
    '{"__proto__":{"type":"ping","ref":1}}',
    '{"type":"ping","__proto__":{"ref":1}}',
    '{"constructor":{"prototype":{"ref":1}},"type":"ping"}',
    '{"ref":1,"type":"ping","ref":0}',
  ]
  for (const raw of all) {
    const client = await enter(port, ada.token)
    for (let i = 0; i < 2; i++) assert.equal((await say(client, raw, 0)).code, 'bad_frame', raw.slice(0, 100))
    client.say(frame(raw))
    assert.equal(await client.closeCode(), 4305, raw.slice(0, 100))
    client.hangUp()
  }
})

test('what is odd but a frame is answered by its ref', async () => {
  const client = await enter(port, ada.token)
  const nested = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
  const keys = Array.from({ length: 5000 }, (_, i) => `"${i}":0`).join(',')
  const good: [raw: string, ref: number][] = [
    ['{"type":"ping","ref":1}', 1],
    ['{"type":"ping","ref":4294967295}', 4294967295],
    ['{"type":"ping","ref":1.0}', 1],
    ['{"type":"ping","ref":1e2}', 100],
    ['{"type":"post","type":"ping","ref":1,"ref":2}', 2],
    ['{"type":"ping","ref":3,"__proto__":{"ref":4,"type":"post"}}', 3],
    ['{"type":"ping","ref":5,"constructor":null,"toString":1,"hasOwnProperty":0,"then":1,"toJSON":1}', 5],
    ['{"\\u0074ype":"p\\u0069ng","ref":6}', 6],
    [` \t\r\n{"type":"ping","ref":7}\n`, 7],
    [`{"type":"ping","ref":8,"x":${nested}}`, 8],
    [`{"type":"ping","ref":9,${keys}}`, 9],
    ['{"type":"ping","ref":10,"x":1e999,"y":-1e-999,"z":123456789012345678901234567890}', 10],
  ]
  for (const [raw, ref] of good) assert.equal((await say(client, raw, ref)).type, 'ok', raw.slice(0, 100))
  const unknown = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'PING',
    'ping ',
    '',
    'welcome',
    'events',
    'ok',
    '\u0000',
    'pıng',
    'x'.repeat(60_000),
  ]
  for (const type of unknown) assert.equal((await say(client, JSON.stringify({ type, ref: 11 }), 11)).code, 'bad_frame', type.slice(0, 50))
  for (const type of ['1', 'null', '["ping"]', '{"toString":"ping"}', 'true']) {
    assert.equal((await say(client, `{"type":${type},"ref":12}`, 12)).code, 'bad_frame', type)
  }
  assert.equal(({} as Record<string, unknown>).ref, undefined, 'no prototype was touched')
  client.hangUp()
})

test('a field that is not what it should be is refused by its name, and the connection goes on', async () => {
  const client = await enter(port, ada.token)
  const post = { type: 'post', room, key: newKey(), text: 'x' }
  const history = { type: 'history', room }
  const invalid: [field: string, frame: object][] = [
    ...[null, 1, '', [], {}, true, 'a b', '../x', 'é', 'x'.repeat(65), '__proto__\0'].map((room): [string, object] => [
      'room',
      { ...post, room },
    ]),
    ...[null, 1, 'short', 'x'.repeat(65), '0123456789abcde!', '０１２３４５６７８９ａｂｃｄｅｆ', {}].map((key): [string, object] => [
      'key',
      { ...post, key },
    ]),
    ...[null, 1, '', ' ', '\t\n', '\ud800', 'x\udc00', 'a\0b', ['x'], { length: 1 }].map((text): [string, object] => [
      'text',
      { ...post, text },
    ]),
    ...[0.5, -1, 1e308, '1', null, 2 ** 53, {}].map((replyTo): [string, object] => ['replyTo', { ...post, replyTo }]),
    ...[0.5, -1, 1e308, '1', null, 2 ** 53, [], true].map((seq): [string, object] => ['seq', { ...post, type: 'edit', seq }]),
    ...['a', '', '👍👍', '<b>', '👍x', ' ', 1, null, 'x'.repeat(100)].map((emoji): [string, object] => [
      'emoji',
      { ...post, type: 'react', seq: 1, on: true, emoji },
    ]),
    ...[1, 'true', null].map((on): [string, object] => ['on', { ...post, type: 'react', seq: 1, emoji: '👍', on }]),
    ...[0, -1, 201, 1.5, '50', 1e308, null].map((limit): [string, object] => ['limit', { ...history, limit }]),
    ...[0.5, -1, '1', null, 2 ** 53, 1e308].map((before): [string, object] => ['before', { ...history, before }]),
    ['one of before, after, around', { ...history, before: 1, after: 1 }],
    ...[null, {}, 'x', [], [null], [1], [{}], Array.from({ length: 201 }, () => ({ room }))].map((rooms): [string, object] => [
      'rooms',
      { type: 'open', rooms },
    ]),
    ...[-1, 0.5, '1', 1e308, 2 ** 53].map((after): [string, object] => ['after', { type: 'open', rooms: [{ room, after }] }]),
    ...['', 'é', 1, 'x'.repeat(65)].map((id): [string, object] => ['id', { type: 'open', rooms: [{ room, after: 1, id }] }]),
    ...[1, null, {}, 'x'.repeat(4097)].map((token): [string, object] => ['token', { type: 'renew', token }]),
    ...['offline', '', 1, null, 'ACTIVE', '__proto__'].map((state): [string, object] => ['state', { type: 'presence', state }]),
  ]
  for (const [i, [field, given]] of invalid.entries()) {
    const refused = await say(client, JSON.stringify({ ...given, ref: i + 1 }), i + 1)
    const what = JSON.stringify(given).slice(0, 150)
    assert.equal(refused.code, 'invalid', what)
    assert.ok(String(refused.message).includes(field), `${what}: ${refused.message}`)
    assert.ok(String(refused.message).length < 300, `${what}: the refusal is as long as what it refuses`)
  }
  assert.equal((await say(client, JSON.stringify({ ...history, ref: 1 }), 1)).type, 'ok')
  client.hangUp()
})

test('length is counted in code points, and what is well-formed comes back as it was written', async () => {
  const client = await enter(port, ada.token)
  const post = (text: string, ref: number) => JSON.stringify({ type: 'post', ref, room, key: newKey(), text })
  assert.equal((await say(client, post('😀'.repeat(8000), 1), 1)).type, 'ok')
  assert.equal((await say(client, post('😀'.repeat(8001), 2), 2)).code, 'too_large')
  assert.equal((await say(client, post('x'.repeat(8001), 3), 3)).code, 'too_large')
  const texts = [
    '\u202eevil',
    'a\u0300\u0301',
    '👨‍👩‍👧‍👦',
    '\uffff\ufffe',
    'a\u2028\u2029b',
    '<script>alert(1)</script>',
    '\\u0000',
    '__proto__',
    '{"type":"ping"}',
    '\u0001\u007f',
  ]
  for (const text of texts) assert.equal((await say(client, post(text, 9), 9)).type, 'ok', JSON.stringify(text))
  const { events } = (await say(client, JSON.stringify({ type: 'history', ref: 10, room }), 10)) as { events: { text: string }[] }
  assert.deepEqual(
    events.slice(-texts.length).map(({ text }) => text),
    texts,
  )
  client.hangUp()
})
