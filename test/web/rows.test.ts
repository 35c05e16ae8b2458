import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageEvent, RoomEvent } from '../../src/protocol/events.ts'
import type { OutboxItem } from '../../src/sdk/client.ts'
import { type Row, type Told, toRows } from '../../src/web/state/rows.ts'

const noon = new Date(2026, 10, 20, 12).getTime()
const minute = 60_000

const says = (seq: number, by: string, after = 0, more: Partial<MessageEvent> = {}): MessageEvent => ({
  ...{ kind: 'message', seq, id: `m${seq}`, by, at: noon + after * minute, n: seq, text: `text ${seq}` },
  ...more,
})
const waits = (key: string, after = 0): OutboxItem => ({ key, room: 'tea', text: 'waits', at: noon + after * minute, state: 'waiting' })

const rows = (told: Partial<Told>): Row[] => toRows({ messages: [], notices: [], pending: [], me: 'ada', complete: false, ...told })
const kinds = (given: Row[]): string[] =>
  given.map((row) => (row.kind === 'message' || row.kind === 'pending' ? `${row.kind}${row.head ? ' by name' : ''}` : row.kind))

test('messages of one author stand under one name for five minutes', () => {
  const told = rows({ messages: [says(1, 'bob'), says(2, 'bob', 4), says(3, 'bob', 6), says(4, 'eve', 6)] })
  assert.deepEqual(kinds(told), ['day', 'message by name', 'message', 'message by name', 'message by name'])
})

test('a reply has its name, so that what it answers has a place', () => {
  const told = rows({ messages: [says(1, 'bob'), says(2, 'bob', 1, { replyTo: 1 })] })
  assert.deepEqual(kinds(told), ['day', 'message by name', 'message by name'])
})

test('each day has its line, and names start anew below it', () => {
  const told = rows({ messages: [says(1, 'bob', 719), says(2, 'bob', 721)] })
  assert.deepEqual(kinds(told), ['day', 'message by name', 'day', 'message by name'])
  assert.equal(new Set(told.map(({ key }) => key)).size, 4)
})

test('the line of what is new stands once, before the first message of another', () => {
  const messages = [says(1, 'bob'), says(2, 'ada', 1), says(3, 'bob', 2), says(4, 'bob', 3)]
  assert.deepEqual(kinds(rows({ messages, newAfter: 1 })), [
    'day',
    'message by name',
    'message by name',
    'new',
    'message by name',
    'message',
  ])
})

test('where the first new message is not loaded, there is no line yet', () => {
  assert.ok(!kinds(rows({ messages: [says(7, 'bob')], newAfter: 3 })).includes('new'))
  assert.ok(kinds(rows({ messages: [says(7, 'bob')], newAfter: 3, complete: true })).includes('new'))
})

test('nothing unread, no line', () => {
  assert.ok(!kinds(rows({ messages: [says(1, 'bob'), says(2, 'bob')] })).includes('new'))
})

test('what ada writes is there at once, below everything', () => {
  const told = rows({ messages: [says(1, 'ada')], pending: [waits('k1', 1), waits('k2', 2)] })
  assert.deepEqual(kinds(told), ['day', 'message by name', 'pending', 'pending'])
})

test('a sent message keeps its row, and is not shown twice while the outbox does not know', () => {
  const before = rows({ pending: [waits('k1')] })
  const after = rows({ messages: [says(1, 'ada', 0, { key: 'k1' })], pending: [waits('k1')] })
  assert.equal(before.at(-1)?.key, after.at(-1)?.key)
  assert.deepEqual(kinds(after), ['day', 'message by name'])
})

test('the same key from another author is another row', () => {
  const told = rows({ messages: [says(1, 'ada', 0, { key: 'same' }), says(2, 'bob', 0, { key: 'same' })] })
  assert.equal(new Set(told.map(({ key }) => key)).size, told.length)
})

test('only the last message of mine that still stands carries the check', () => {
  const told = rows({ messages: [says(1, 'ada'), says(2, 'ada'), says(3, 'ada', 0, { removed: true }), says(4, 'bob')] })
  assert.deepEqual(
    told.flatMap((row) => (row.kind === 'message' && row.lastOfMine ? row.message.seq : [])),
    [2],
  )
})

test('who came and went stands between the messages, in order', () => {
  const joined: RoomEvent = { kind: 'joined', seq: 2, id: 'j', by: 'eve', account: 'eve', at: noon }
  const told = rows({ messages: [says(1, 'bob'), says(3, 'bob')], notices: [joined] })
  assert.deepEqual(kinds(told), ['day', 'message by name', 'notice', 'message by name'])
})

test('an empty room begins with its beginning', () => {
  assert.deepEqual(rows({ complete: true }), [{ kind: 'start', key: 'start', empty: true }])
  assert.deepEqual(rows({}), [])
})

test('of ten thousand messages each has a row and a key of its own', () => {
  const messages = Array.from({ length: 10_000 }, (_, at) => says(at + 1, at % 3 === 0 ? 'ada' : 'bob', at))
  const told = rows({ messages, complete: true })
  assert.equal(told.filter(({ kind }) => kind === 'message').length, 10_000)
  assert.equal(new Set(told.map(({ key }) => key)).size, told.length)
})
