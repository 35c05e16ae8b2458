import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
before(async () => {
  house = await startHouse()
})
after(() => house.close())

test('unread, marks and mentions come to devices that do not have the room open', async () => {
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('marks', [ada, bob])
  const [a, phone, desk] = [await house.connect(ada), await house.connect(bob), await house.connect(bob)]
  const { seq } = await a.post(room, '@bob look')
  const isAt = (one: { room: string; last: number }) => one.room === room && one.last === seq
  const head = await phone.until((frame) => frame.type === 'heads' && (frame.rooms as { room: string; last: number }[]).some(isAt))
  assert.deepEqual(
    (head.rooms as object[]).find((one) => (one as { room: string }).room === room),
    { room, last: seq, n: 1, mentions: 1 },
  )
  await phone.ask('read', { room, seq })
  const marks = await desk.until((frame) => frame.type === 'marks' && (frame.rooms as { room: string }[]).some((one) => one.room === room))
  assert.deepEqual(marks.rooms, [{ room, read: seq, readN: 1 }])
})

test('what ruth says moves her own mark: her other devices are told, and the one on which she said it only where it does not see it', async () => {
  const ruth = await house.person('ruth')
  const room = await house.room('own marks', [ruth])
  const desk = await house.connect(ruth)
  const marksOf = ({ frames }: typeof desk) => frames.filter((frame) => frame.type === 'marks').map(({ rooms }) => (rooms as object[])[0])
  await desk.open(room)
  await desk.post(room, 'seen as it is said')
  await house.service.gateway.tick()
  await desk.ask('ping')
  assert.deepEqual(marksOf(desk), [])
  await desk.ask('shut', { rooms: [room] })
  const second = await desk.post(room, 'said into a room that is shut')
  await house.service.gateway.tick()
  await desk.ask('ping')
  assert.deepEqual(marksOf(desk), [{ room, read: second.seq, readN: 2 }])
  await desk.open(room)
  const phone = await house.connect(ruth)
  const third = await desk.post(room, 'said while the phone is there')
  await house.service.gateway.tick()
  await phone.ask('ping')
  assert.deepEqual(marksOf(phone), [{ room, read: third.seq, readN: 3 }])
})
