import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as passed } from 'node:timers/promises'
import { createHub } from '../../src/gateway/hub.ts'
import { createOrder, type ReadOn } from '../../src/gateway/order.ts'
import type { RoomEvent } from '../../src/protocol/events.ts'

const event = (seq: number): RoomEvent => ({ kind: 'topic', seq, id: `e${seq}`, by: 'ada', at: 1, topic: `${seq}` })
const news = (...seqs: number[]) => ({ room: 'tea', last: seqs.at(-1) as number, n: 0, events: seqs.map(event) })

test('a hole that opens while the store is still asked about an older one is filled as well', async () => {
  const told: number[] = []
  const asked: { after: number; answer: (last: number) => void }[] = []
  const readOn: ReadOn = (_, after) =>
    new Promise((resolve) => {
      const answer = (last: number) => resolve({ n: 0, events: Array.from({ length: last - after }, (_, i) => event(after + 1 + i)) })
      asked.push({ after, answer })
    })
  const hub = createHub({ roomChanged() {}, headMoved: (_, events) => void told.push(...events.map(({ seq }) => seq)), delivered() {} })
  const order = createOrder({ hub, readOn, failed: (error) => assert.fail(String(error)), missed() {} })
  const question = async (nth: number) => {
    while (asked.length < nth) await passed(1)
    return asked[nth - 1] as (typeof asked)[number]
  }
  Object.assign(hub.audience('tea'), { last: 1 })

  order.hear(news(3)) // 2 is missing
  const first = await question(1)
  order.hear(news(2)) // it was only late: 3 follows
  order.hear(news(5)) // 4 is missing
  first.answer(3) // as the store had it when it was asked
  const second = await question(2)
  assert.equal(second.after, 3)
  second.answer(5)
  while (told.length < 4) await passed(1)
  assert.deepEqual(told, [2, 3, 4, 5])
})
