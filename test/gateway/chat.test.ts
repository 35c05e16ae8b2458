import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { newKey } from '../support/guest.ts'
import { fakeClock, type Person, startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
let ada: Person
let bob: Person
let eve: Person

before(async () => {
  house = await startHouse()
  ;[ada, bob, eve] = await house.people('ada', 'bob', 'eve')
})
after(() => house.close())

/** Ada in a house where no time passes by itself: nothing is earned back, however long a busy machine takes. */
async function atRest(t: TestContext) {
  const clock = fakeClock()
  const house = await startHouse({ clock })
  t.after(() => house.close())
  return { house, clock, ada: await house.person('ada') }
}

test('a message reaches everyone in the room, once, with its number, and nobody else (AZN-06)', async () => {
  const tea = await house.room('tea', [ada, bob])
  const [a, b, e] = [await house.connect(ada), await house.connect(bob), await house.connect(eve)]
  await a.open(tea)
  await b.open(tea)
  assert.deepEqual(await e.open(tea), { room: tea, refused: 'no_such_room' })
  const sent = await a.post(tea, 'hello')
  const [heard, own] = [await b.hearsText('hello'), await a.hearsText('hello')]
  assert.deepEqual(heard, own)
  assert.deepEqual([heard.seq, heard.id, heard.at, heard.by], [sent.seq, sent.id, sent.at, ada.account.id])
  await e.ask('ping')
  await b.ask('ping')
  assert.equal(b.events(tea).filter(({ seq }) => seq === sent.seq).length, 1)
  assert.ok(!JSON.stringify(e.frames).includes('hello'))
})

test('welcome names the account, the login, the rooms and the limits', async () => {
  const room = await house.room('welcome', [ada], 'public')
  const a = await house.connect(ada)
  const welcome = await a.hears('welcome')
  assert.equal(a.frames[0]?.type, 'welcome')
  assert.equal(a.ws.protocol, 'parley.v1')
  assert.deepEqual(welcome.account, ada.account)
  assert.equal((welcome.login as { id: string }).id, ada.login.id)
  assert.deepEqual(
    (welcome.rooms as { id: string }[]).find(({ id }) => id === room),
    { id: room, name: 'welcome', kind: 'public', last: 1, n: 0, read: 1, readN: 0, mentions: 0, role: 'owner' },
  )
  assert.equal((welcome.limits as { frameBytes: number }).frameBytes, 65536)
})

test('a reader who was cut off gets what was missed, in order, once', async () => {
  const room = await house.room('cut', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  await a.post(room, 'one')
  const one = await b.hearsText('one')
  b.ws.terminate()
  for (let i = 0; i < 10; i++) await a.post(room, `missed ${i}`)
  const again = await house.connect(bob)
  const opened = await again.open(room, { after: one.seq, id: one.id })
  assert.deepEqual(
    (opened.events as { text: string }[]).map(({ text }) => text),
    Array.from({ length: 10 }, (_, i) => `missed ${i}`),
  )
  assert.equal(opened.more, false)
  await a.post(room, 'live')
  assert.equal((await again.hearsText('live')).seq, one.seq + 11)
})

test('two hundred pipelined posts come out in the order in which they went in', async () => {
  const house = await startHouse({
    settings: { PARLEY__LIMITS__POSTBURST: '1000', PARLEY__LIMITS__PENDING: '1000', PARLEY__LIMITS__FRAMESPERSECOND: '1000' },
  })
  try {
    const [ada] = await house.people('ada')
    const room = await house.room('pipe', [ada])
    const a = await house.connect(ada)
    await a.open(room)
    const refs = Array.from({ length: 200 }, (_, i) => a.say('post', { room, key: newKey(), text: `${i}` }))
    const ping = a.say('ping')
    const seqs = await Promise.all(refs.map(async (ref) => (await a.answerTo(ref)).seq as number))
    assert.deepEqual(
      seqs,
      [...seqs].sort((x, y) => x - y),
    )
    await a.hearsText('199')
    assert.deepEqual(
      a.events(room).flatMap((event) => (event.kind === 'message' ? [event.text] : [])),
      Array.from({ length: 200 }, (_, i) => `${i}`),
    )
    await a.answerTo(ping)
    const last = a.frames.findIndex((frame) => frame.ref === refs.at(-1))
    assert.ok(a.frames.findIndex((frame) => frame.ref === ping) > last, 'a ping waits for the writes before it')
  } finally {
    await house.close()
  }
})

test('the same key is the same message, in one burst and over a new connection (AZN-05)', async () => {
  const room = await house.room('key', [ada])
  const a = await house.connect(ada)
  const key = newKey()
  const [first, twin] = await Promise.all([a.post(room, 'once', key), a.post(room, 'once', key)])
  assert.equal(first.seq, twin.seq)
  assert.equal(twin.duplicate, true)
  const again = await (await house.connect(ada)).post(room, 'once', key)
  assert.deepEqual([again.seq, again.id, again.at, again.duplicate], [first.seq, first.id, first.at, true])
  assert.equal((await a.post(room, 'other words', key)).code, 'conflict')
})

test('edits, reactions and removals reach readers live, and pages show the message as it is now', async () => {
  const room = await house.room('edit', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  const { seq } = await a.post(room, 'helo')
  const edited = await a.ask('edit', { room, key: newKey(), seq, text: 'hello' })
  await b.ask('react', { room, key: newKey(), seq, emoji: '👍', on: true })
  const nothing = await b.ask('react', { room, key: newKey(), seq, emoji: '👍', on: true })
  assert.equal(nothing.seq, (edited.seq as number) + 1)
  const { events } = await b.ask('history', { room })
  assert.deepEqual((events as object[]).at(-1), {
    ...(await b.hearsText('helo')),
    text: 'hello',
    edited: true,
    rev: nothing.seq,
    reactions: [{ emoji: '👍', accounts: [bob.account.id] }],
  })
  assert.equal((await b.ask('remove', { room, key: newKey(), seq })).code, 'forbidden')
  await a.ask('remove', { room, key: newKey(), seq })
  const now = await b.ask('history', { room })
  assert.equal((now.events as { removed: boolean }[]).at(-1)?.removed, true)
})

test('people who come and go: joins and leaves are events, and who has left hears nothing later (REV-05)', async () => {
  const room = await house.room('park', [ada], 'public')
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await a.open(room)
  assert.equal((await b.post(room, 'let me in')).code, 'not_member')
  await b.ask('join', { room })
  const came = await b.until((frame) => frame.type === 'room' && (frame.room as { id: string }).id === room)
  assert.equal((came.room as { role: string }).role, 'member')
  await b.open(room)
  await a.post(room, 'welcome, bob')
  await b.hearsText('welcome, bob')
  await b.ask('leave', { room })
  await b.until((frame) => frame.type === 'room' && (frame.room as { gone?: boolean }).gone === true)
  await a.post(room, 'he is gone')
  await a.hearsText('he is gone')
  await b.ask('ping')
  assert.equal(b.events(room).at(-1)?.kind, 'left')
  assert.ok(!JSON.stringify(b.frames).includes('he is gone'))
})

test('typing is told to the others, at most once in three seconds; presence when people come', async (t) => {
  const { house, clock, ada } = await atRest(t)
  const mia = await house.person('mia')
  const room = await house.room('typing', [ada, mia])
  const a = await house.connect(ada)
  await a.open(room)
  const e = await house.connect(mia)
  await a.until((frame) => frame.type === 'presence' && JSON.stringify(frame.accounts).includes(mia.account.id))
  await e.ask('typing', { room })
  await e.ask('typing', { room })
  clock.pass(2_000)
  await e.ask('presence', { state: 'away' })
  await a.until((frame) => frame.type === 'presence' && JSON.stringify(frame.accounts).includes('away'))
  assert.deepEqual(
    a.frames.filter((frame) => frame.type === 'typing'),
    [{ type: 'typing', room, account: mia.account.id }],
  )
})

test('what cannot be read is refused by name, and the third that is no frame ends the connection', async () => {
  const a = await house.connect(ada)
  const cases: [string, string, RegExp][] = [
    ['{"type":"nonsense","ref":1}', 'bad_frame', /type/],
    ['{"type":"__proto__","ref":2}', 'bad_frame', /type/],
    ['{"type":"post","ref":3,"room":"r","key":"short","text":"x"}', 'invalid', /key/],
    ['{"type":"post","ref":4,"room":"r","key":"0123456789abcdef","text":"\\ud800"}', 'invalid', /text/],
    [`{"type":"post","ref":5,"room":"r","key":"0123456789abcdef","text":"${'x'.repeat(8001)}"}`, 'too_large', /8000/],
    ['{"type":"react","ref":6,"room":"r","key":"0123456789abcdef","seq":1,"emoji":"<script>","on":true}', 'invalid', /emoji/],
  ]
  for (const [i, [raw, code, words]] of cases.entries()) {
    a.ws.send(raw)
    const refused = await a.answerTo(i + 1)
    assert.equal(refused.code, code, raw.slice(0, 80))
    assert.match(String(refused.message), words)
  }
  for (const raw of ['{', '[]', '{"type":"ping"}']) a.ws.send(raw)
  assert.equal((await a.ended()).code, 4305)
  assert.equal(a.frames.filter((frame) => frame.type === 'refused' && frame.ref === 0).length, 3)
})

test('above the rate a post is refused with a time, and its key still finds what was written (WSF-10)', async (t) => {
  const { house, ada } = await atRest(t)
  const room = await house.room('fast', [ada])
  const a = await house.connect(ada)
  const key = newKey()
  const first = await a.post(room, 'first', key)
  const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => a.post(room, `fast ${i}`)))
  const refused = answers.filter(({ code }) => code === 'rate_limited')
  assert.equal(refused.length, 11)
  assert.ok(refused.every(({ retryable, retryAfterMs }) => retryable === true && Number(retryAfterMs) > 0))
  assert.equal((await a.post(room, 'first', key)).seq, first.seq)
})

test('opening another connection, or asking over HTTP, buys no further posts (WSF-10)', async (t) => {
  const { house, ada: person } = await atRest(t)
  const room = await house.room('burst', [person])
  const first = await house.connect(person)
  await Promise.all(Array.from({ length: 25 }, (_, i) => first.post(room, `first ${i}`)))
  first.ws.terminate()
  await first.ended()
  const second = await house.connect(person)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => second.post(room, `second ${i}`)))
  assert.ok(answers.filter(({ code }) => code === 'rate_limited').length >= 10)
  const over = { account: person.account.id, login: person.login.id }
  const { messages } = house.service.house
  const asked = Array.from({ length: 10 }, (_, i) => messages.post(over, { room, key: newKey(), text: `http ${i}` }))
  assert.ok((await Promise.allSettled(asked)).some(({ status }) => status === 'rejected'))
})
