import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from './clockwork.ts'
import { counts, desk, live, message, tea } from './desk.ts'

test('rooms that are opened together are asked for in one frame', async () => {
  const here = desk()
  await here.welcomed()
  for (const room of ['tea', 'hall', 'attic']) here.ada.open(room)
  await settle()
  assert.deepEqual(
    here.sent('open').map(({ rooms }) => rooms),
    [[{ room: 'tea' }, { room: 'hall' }, { room: 'attic' }]],
  )
})

test('a room that cannot be opened right now is asked for again', async () => {
  const here = desk()
  await here.welcomed()
  const opened = here.ada.open('tea')
  await settle()
  await here.answer('open', { type: 'ok', rooms: [{ room: 'tea', refused: 'unavailable' }] })
  await here.clock.pass(1_000)
  await here.answer('open', { type: 'refused', code: 'rate_limited', message: '', retryable: true, retryAfterMs: 3_000 })
  await here.clock.pass(3_000)
  await here.answer('open', { type: 'ok', rooms: [{ room: 'tea', last: 1, n: 1, events: [message(1, 'bob')], more: false }] })
  assert.equal((await opened).last, 1)
})

test('a server that says "more" but sends nothing is not asked in a circle', async () => {
  const here = desk()
  await here.welcomed()
  here.ada.open('tea')
  for (let i = 0; i < 5; i++) {
    await settle()
    await here.answer('open', { type: 'ok', rooms: [{ room: 'tea', last: 9, n: 9, events: [], more: true }] })
  }
  assert.equal(here.sent('open').length, 1)
  await here.clock.pass(1_000)
  assert.equal(here.sent('open').length, 2)
})

test('while a hole is being filled further events ask no second time', async () => {
  const here = desk()
  await live(here)
  for (const seq of [5, 6, 7]) {
    here.network.last.says({ type: 'events', room: 'tea', events: [message(seq, 'bob')] })
    await settle()
  }
  assert.deepEqual(
    here.sent('open').map(({ rooms }) => rooms),
    [[{ room: 'tea' }], [{ room: 'tea', after: 3, id: 'e3' }]],
  )
})

test('what lands while a room is being opened, and arrives in one piece with the page that was read before it, is fetched', async () => {
  const here = desk()
  await here.welcomed()
  const opened = here.ada.open('tea')
  await settle()
  const page = [message(1, 'bob'), message(2, 'bob'), message(3, 'bob')]
  const ref = here.sent('open').at(-1)?.ref
  here.network.last.says({ type: 'ok', ref, rooms: [{ room: 'tea', last: 3, n: 3, events: page, more: false }] })
  here.network.last.says({ type: 'events', room: 'tea', events: [message(4, 'bob')] })
  await opened
  await settle()
  assert.deepEqual(here.sent('open').at(-1)?.rooms, [{ room: 'tea', after: 3, id: 'e3' }])
  await here.answer('open', { type: 'ok', rooms: [{ room: 'tea', last: 4, n: 4, events: [message(4, 'bob')], more: false }] })
  const { live, messages } = here.ada.timeline('tea') ?? assert.fail('no timeline')
  assert.deepEqual([live, messages.map(({ seq }) => seq)], [true, [1, 2, 3, 4]])
  assert.equal(here.sent('open').length, 2)
})

test('an answer that was overtaken by a reset is worth nothing', async () => {
  const here = desk()
  await live(here)
  here.network.last.says({ type: 'events', room: 'tea', events: [message(5, 'bob')] })
  await settle()
  const [, stale] = here.sent('open')
  here.network.last.says({ type: 'reset', room: 'tea', last: 2, n: 2, why: 'restored' })
  await settle()
  here.network.last.says({ type: 'ok', ref: stale?.ref, rooms: [{ room: 'tea', last: 5, n: 5, events: [message(4, 'bob')], more: false }] })
  await settle()
  assert.equal(here.ada.timeline('tea')?.live, false)
  await here.answer('open', { type: 'ok', rooms: [{ room: 'tea', last: 1, n: 1, events: [message(1, 'ada')], more: false }] })
  assert.deepEqual(
    here.ada.timeline('tea')?.messages.map(({ seq }) => seq),
    [1],
  )
})

test('unread and mentions follow live messages; my own move my mark', async () => {
  const here = desk()
  await live(here)
  here.network.last.says({ type: 'events', room: 'tea', events: [message(4, 'bob', { mentions: ['ada'] }), message(5, 'bob')] })
  assert.deepEqual(counts(here), { last: 5, unread: 4, mentions: 2 })
  here.network.last.says({ type: 'events', room: 'tea', events: [message(6, 'ada')] })
  assert.deepEqual(counts(here), { last: 6, unread: 0, mentions: 0 })
})

test('a head that was overtaken takes nothing back', async () => {
  const here = desk()
  await here.welcomed()
  here.network.last.says({ type: 'heads', rooms: [{ room: 'tea', last: 9, n: 9, mentions: 3 }] })
  here.network.last.says({ type: 'heads', rooms: [{ room: 'tea', last: 8, n: 8, mentions: 2 }] })
  here.network.last.says({ type: 'marks', rooms: [{ room: 'tea', read: 0, readN: 0 }] })
  assert.deepEqual(counts(here), { last: 9, unread: 8, mentions: 3 })
})

test('what I post into a room that is not open is not unread for me', async () => {
  const here = desk()
  await here.welcomed([{ ...tea, read: 3, readN: 3, mentions: 0 }])
  here.ada.post('tea', 'hello')
  await settle()
  await here.answer('post', { type: 'ok', seq: 4, id: 'e4', at: 4 })
  here.network.last.says({ type: 'heads', rooms: [{ room: 'tea', last: 4, n: 4, mentions: 0 }] })
  assert.deepEqual(counts(here), { last: 4, unread: 0, mentions: 0 })
})

test('a read mark whose connection was lost is set on the next one; only the furthest counts', async () => {
  const here = desk()
  await here.welcomed()
  here.ada.read('tea', 2)
  here.ada.read('tea', 3)
  here.ada.read('tea', 3)
  assert.equal(here.sent('read').length, 2)
  here.network.last.ends(1006)
  here.ada.retryNow()
  await here.welcomed()
  assert.deepEqual(
    here.sent('read').map(({ seq }) => seq),
    [3],
  )
  await here.answer('read', { type: 'ok' })
  assert.equal(counts(here).unread, 0)
})

test('typing is said once in three seconds, being away again after a reconnect', async () => {
  const here = desk()
  await here.welcomed()
  here.ada.presence('away')
  here.ada.typing('tea')
  here.ada.typing('tea')
  await here.clock.pass(3_000)
  here.ada.typing('tea')
  assert.equal(here.sent('typing').length, 2)
  here.network.last.ends(1006)
  here.ada.retryNow()
  await here.welcomed()
  assert.deepEqual(
    here.sent('presence').map(({ state }) => state),
    ['away'],
  )
})

test('what a listener causes is told after everybody has heard what caused it', async () => {
  const here = desk()
  const told: string[] = []
  here.ada.on('state', ({ state }) => state === 'live' && here.ada.setOnline(false))
  here.ada.on('state', ({ state }) => told.push(state))
  await here.welcomed()
  assert.deepEqual(told, ['live', 'offline'])
})
