import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, Refused } from '../../src/sdk/client.ts'
import { numbers, stageWith } from './guests.ts'
import { heard, inState, showing, texts } from './listening.ts'

test('bob reads what ada wrote, once, with its number', async (t) => {
  const { guest } = await stageWith(t, 'tea')
  const [ada, bob] = [await guest('ada'), await guest('bob')]
  const timeline = await bob.open('tea')
  const heardBy = heard(bob, 'message')
  const posted = await ada.post('tea', 'hello')
  const { message } = await heardBy
  assert.deepEqual([message.seq, message.text, message.by], [posted.seq, 'hello', 'ada'])
  assert.deepEqual(texts(timeline), ['hello'])
  assert.equal(timeline.complete, true)
})

test('what ada edits, removes and reacts to, bob sees in its present form', async (t) => {
  const { guest } = await stageWith(t, 'tea')
  const [ada, bob] = [await guest('ada'), await guest('bob')]
  const timeline = await bob.open('tea')
  const first = await ada.post('tea', 'helo')
  const second = await ada.post('tea', 'oops')
  await ada.edit('tea', first.seq, 'hello')
  await ada.react('tea', first.seq, '👍', true)
  await ada.remove('tea', second.seq)
  await showing(bob, 'tea', ({ last }) => last === 5)
  assert.deepEqual(timeline.messages[0]?.reactions, [{ emoji: '👍', accounts: ['ada'] }])
  assert.deepEqual(texts(timeline), ['hello', undefined])
  assert.equal(timeline.messages[1]?.removed, true)
})

test('bob, whose cable was pulled, gets what he missed, in order and once', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  stage.write('tea', 'ada', { kind: 'message', text: 'before' })
  await showing(bob, 'tea', ({ last }) => last === 1)
  const seen: string[] = []
  bob.on('message', ({ message }) => seen.push(message.text ?? ''))
  stage.pageEvents = 7
  stage.cut('bob')
  await inState(bob, 'waiting')
  assert.equal(timeline.stale, true)
  for (const text of numbers(30)) stage.write('tea', 'ada', { kind: 'message', text })
  bob.retryNow()
  await showing(bob, 'tea', ({ live, last }) => live && last === 31)
  assert.deepEqual(seen, numbers(30))
  assert.deepEqual(texts(timeline), ['before', ...numbers(30)])
  assert.equal(stage.asked.filter(({ type, rooms }) => type === 'open' && 'id' in (rooms as object[])[0]!).length, 5)
})

test('an events frame that was lost is fetched when the next one shows the hole', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  stage.loseEvents = 1
  stage.write('tea', 'ada', { kind: 'message', text: 'lost' })
  stage.write('tea', 'ada', { kind: 'message', text: 'next' })
  await showing(bob, 'tea', ({ last }) => last === 2)
  assert.deepEqual(texts(timeline), ['lost', 'next'])
})

test('a room that is far ahead of what a restored store knows is read anew', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  for (const text of numbers(9)) stage.write('tea', 'ada', { kind: 'message', text })
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  stage.cut('bob')
  await inState(bob, 'waiting')
  stage.logs.set('tea', [])
  stage.write('tea', 'ada', { kind: 'message', text: 'after the restore' })
  bob.retryNow()
  await showing(bob, 'tea', ({ live }) => live)
  assert.deepEqual([texts(timeline), timeline.last], [['after the restore'], 1])
})

test('when the store changed, no cursor of the old one is used', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  stage.write('tea', 'ada', { kind: 'message', text: 'old' })
  const bob = await guest('bob')
  await bob.open('tea')
  stage.store = 'store-2'
  stage.cut('bob')
  await inState(bob, 'waiting')
  bob.retryNow()
  await showing(bob, 'tea', ({ live }) => live)
  assert.deepEqual(stage.asked.filter(({ type }) => type === 'open').at(-1)?.rooms, [{ room: 'tea' }])
})

test('a reset frame makes bob throw away his tail and page again', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  stage.write('tea', 'ada', { kind: 'message', text: 'hello' })
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  stage.tell('bob', { type: 'reset', room: 'tea', last: 1, n: 1, why: 'gap' })
  await heard(bob, 'timeline', ({ stale }) => stale)
  await showing(bob, 'tea', ({ live }) => live)
  assert.deepEqual(texts(timeline), ['hello'])
})

test('bob pages back to the first message', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  for (const text of numbers(120)) stage.write('tea', 'ada', { kind: 'message', text })
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  assert.deepEqual([timeline.messages.length, timeline.complete], [50, false])
  assert.equal(await timeline.older(), true)
  assert.equal(await timeline.older(), false)
  assert.deepEqual(texts(timeline), numbers(120))
  assert.equal(timeline.complete, true)
})

test('a room that does not exist is refused, and one that bob lost is forgotten', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const bob = await guest('bob')
  await assert.rejects(bob.open('attic'), (error) => error instanceof Refused && error.code === 'no_such_room')
  await bob.open('tea')
  const gone = heard(bob, 'rooms', (rooms) => rooms.size === 0)
  stage.tell('bob', { type: 'room', room: { id: 'tea', gone: true } })
  await gone
  assert.equal(bob.timeline('tea'), undefined)
})

test('frames of a later version and listeners that throw stop nothing', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const bob = await guest('bob')
  await bob.open('tea')
  const faults: unknown[] = []
  bob.on('fault', (fault) => faults.push(fault))
  bob.on('message', () => {
    throw new Error('a bot with a bug')
  })
  bob.on('message', async () => {
    throw new Error('another')
  })
  const unknown = heard(bob, 'unknown')
  stage.tell('bob', { type: 'hologram', of: 'ada' })
  assert.deepEqual(await unknown, { type: 'hologram', of: 'ada' })
  stage.of('bob')?.socket.send('not JSON')
  stage.tell('bob', { type: 'events', room: 'tea' })
  const second = heard(bob, 'message', ({ message }) => message.text === 'two')
  for (const text of ['one', 'two']) stage.write('tea', 'ada', { kind: 'message', text })
  await second
  await bob.request('ping', {})
  assert.equal(faults.length, 4)
})

test('unread is the room’s count less what was read', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea', 'hall')
  const bob = await guest('bob')
  const timeline = await bob.open('tea')
  stage.write('tea', 'ada', { kind: 'message', text: 'one' })
  stage.write('tea', 'ada', { kind: 'message', text: 'two' })
  stage.write('hall', 'ada', { kind: 'message', text: 'psst' })
  await heard(bob, 'rooms', (rooms) => rooms.get('hall')?.n === 1)
  const unread = (room: string) => bob.rooms.get(room)!.n - bob.rooms.get(room)!.readN
  assert.deepEqual([unread('tea'), unread('hall')], [2, 1])
  await bob.read('tea', timeline.last)
  assert.equal(unread('tea'), 0)
  stage.tell('bob', { type: 'marks', rooms: [{ room: 'hall', read: 1, readN: 1 }] })
  await heard(bob, 'rooms')
  assert.equal(unread('hall'), 0)
})

test('before a token runs out a new one is asked for and sent', async (t) => {
  const { stage } = await stageWith(t, 'tea')
  let asked = 0
  const client = connect({ url: stage.url, credential: async (why) => ({ bearer: why === 'renew' ? 'ada_new' : `ada_${++asked}` }) })
  t.after(() => client.close())
  await inState(client, 'live')
  stage.tell('ada', { type: 'renew', before: Date.now() + 60_000 })
  await client.request('ping', {})
  await client.request('ping', {})
  assert.equal(stage.asked.find(({ type }) => type === 'renew')?.token, 'ada_new')
})

test('a fixed token that was turned away is not tried again', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  stage.cut('ada', 4200)
  assert.equal((await inState(ada, 'stopped')).signIn, true)
  assert.equal(stage.tokens.length, 1)
})
