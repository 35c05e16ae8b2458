import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageEvent, RoomEvent } from '../../src/protocol/events.ts'
import type { Page } from '../../src/protocol/server-frames.ts'
import { createTimeline, type TimelineKeeper } from '../../src/sdk/timeline.ts'

const message = (seq: number, more: Partial<MessageEvent> = {}): MessageEvent => {
  return { kind: 'message', seq, id: `e${seq}`, by: 'ada', at: seq, n: seq, text: `text ${seq}`, ...more }
}
const edited = (seq: number, target: number, text: string): RoomEvent => {
  return { kind: 'edited', seq, id: `e${seq}`, by: 'ada', at: seq, target, text }
}
const reacted = (seq: number, target: number, emoji: string, by: string, on = true): RoomEvent => {
  return { kind: 'reacted', seq, id: `e${seq}`, by, at: seq, target, emoji, on }
}
const removed = (seq: number, target: number): RoomEvent => ({ kind: 'removed', seq, id: `e${seq}`, by: 'ada', at: seq, target })
const joined = (seq: number): RoomEvent => ({ kind: 'joined', seq, id: `e${seq}`, by: 'bob', at: seq, account: 'bob' })
const messages = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => message(from + i))

const nothing = async (): Promise<Page> => ({ events: [], more: false })
const tea = (history: (before: number, limit: number) => Promise<Page> = nothing) => createTimeline('tea', history, () => {})
const texts = ({ timeline }: TimelineKeeper) => timeline.messages.map(({ text }) => text)
const seqs = ({ timeline }: TimelineKeeper) => timeline.messages.map(({ seq }) => seq)

test('a page already holds what its messages went through: an older change is not applied again', () => {
  const keeper = tea()
  keeper.page([message(1, { text: 'third wording', rev: 4 })], 1)
  keeper.live([edited(2, 1, 'second wording'), joined(3), edited(4, 1, 'third wording'), edited(5, 1, 'fourth wording')])
  assert.deepEqual(texts(keeper), ['fourth wording'])
  assert.equal(keeper.timeline.messages[0]?.rev, 5)
})

test('reactions come and go per person, in the order in which they came', () => {
  const keeper = tea()
  keeper.page([message(1)], 1)
  keeper.live([reacted(2, 1, '👍', 'ada'), reacted(3, 1, '👍', 'bob'), reacted(4, 1, '🎉', 'bob'), reacted(5, 1, '👍', 'ada', false)])
  assert.deepEqual(keeper.timeline.messages[0]?.reactions, [
    { emoji: '👍', accounts: ['bob'] },
    { emoji: '🎉', accounts: ['bob'] },
  ])
  keeper.live([reacted(6, 1, '👍', 'bob', false), reacted(7, 1, '🎉', 'bob', false)])
  assert.deepEqual(keeper.timeline.messages[0]?.reactions, [])
})

test('of a removed message neither text nor reactions are left, and later changes do not bring them back', () => {
  const keeper = tea()
  keeper.page([message(1, { mentions: ['bob'] })], 1)
  keeper.live([reacted(2, 1, '👍', 'bob'), removed(3, 1), edited(4, 1, 'back again')])
  assert.deepEqual(keeper.timeline.messages, [{ kind: 'message', seq: 1, id: 'e1', by: 'ada', at: 1, n: 1, removed: true, rev: 3 }])
})

test('lists are replaced, not altered, so that a page sees what changed by looking at them', () => {
  const keeper = tea()
  keeper.page(messages(1, 2), 2)
  const before = keeper.timeline.messages
  keeper.live([edited(3, 1, 'new')])
  assert.deepEqual([before[0]?.text, keeper.timeline.messages[0]?.text], ['text 1', 'new'])
  assert.equal(before[1], keeper.timeline.messages[1])
})

test('what comes twice is shown once; what comes after a hole is not taken', () => {
  const keeper = tea()
  keeper.page(messages(1, 3), 3)
  assert.deepEqual(keeper.live([message(2), message(3), message(4)]).fresh, [message(4)])
  assert.deepEqual(keeper.live([message(5), message(7)]), { fresh: [message(5)], hole: true })
  assert.deepEqual(keeper.cursor(), { after: 5, id: 'e5' })
  assert.deepEqual(keeper.page(messages(4, 8), 8), messages(6, 8))
  assert.deepEqual(seqs(keeper), [1, 2, 3, 4, 5, 6, 7, 8])
})

test('after a restart what is held stays to be read until the new page replaces it', () => {
  const keeper = tea()
  keeper.page(messages(1, 3), 3)
  keeper.setLive(true)
  keeper.restart()
  assert.deepEqual([seqs(keeper), keeper.timeline.stale, keeper.cursor()], [[1, 2, 3], true, undefined])
  assert.deepEqual(keeper.live([message(4)]), { fresh: [], hole: true })
  assert.deepEqual(keeper.page([message(900)], 900), [])
  assert.deepEqual([seqs(keeper), keeper.timeline.complete], [[900], false])
})

test('notices and messages are kept apart, each in order', async () => {
  const keeper = tea(async () => ({ events: [message(1), joined(2), message(3)], more: false }))
  keeper.page([joined(4), message(5)], 5)
  assert.equal(await keeper.timeline.older(), false)
  assert.deepEqual(
    [seqs(keeper), keeper.timeline.notices.map(({ seq }) => seq)],
    [
      [1, 3, 5],
      [2, 4],
    ],
  )
})

test('an empty room, and one of which the first page is all, are complete', () => {
  const empty = tea()
  empty.page([], 0)
  assert.deepEqual([empty.timeline.complete, empty.cursor()], [true, undefined])
  const young = tea()
  young.page(messages(1, 2))
  assert.equal(young.timeline.complete, true)
})

test('older pages come one at a time, and one that was asked for before a restart is thrown away', async () => {
  const asked: number[] = []
  const answers: ((page: Page) => void)[] = []
  const keeper = tea((before) => {
    asked.push(before)
    return new Promise((resolve) => answers.push(resolve))
  })
  keeper.page(messages(50, 60), 60)
  const twice = [keeper.timeline.older(), keeper.timeline.older()]
  keeper.restart()
  keeper.page(messages(150, 160), 160)
  answers[0]!({ events: messages(40, 49), more: true })
  await Promise.all(twice)
  assert.deepEqual([asked, seqs(keeper)[0]], [[50], 150])
})

test('a room that is read for weeks keeps its newest five thousand messages, and can page back to the others', async () => {
  const keeper = tea(async (before, limit) => ({ events: messages(before - limit, before - 1), more: true }))
  keeper.page([message(1)], 1)
  for (let seq = 2; seq <= 6_000; seq += 100) keeper.live(messages(seq, seq + 99))
  const { timeline } = keeper
  assert.deepEqual([timeline.messages.length, timeline.complete], [5_000, false])
  const first = timeline.messages[0]!.seq
  await timeline.older()
  assert.equal(timeline.messages[0]!.seq, first - 50)
})
