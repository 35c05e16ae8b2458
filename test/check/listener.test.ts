import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { Listener } from '../../src/check/listener.ts'
import type { Stream } from '../../src/check/seen.ts'
import { certificate, startHouse } from '../support/house.ts'

test('a room that changes while its first page is being read is not asked for twice, and heard once', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('tea', [ada, bob])
  const actor = { account: ada.account.id, login: ada.login.id }
  const { messages, rooms } = house.service.house
  const { open } = messages
  let asked = 0
  messages.open = async (...given) => {
    asked += 1
    if (asked === 1) {
      await rooms.rename(actor, room, 'cellar')
      await heardOf('cellar')
    }
    return open(...given)
  }
  const guest = await house.connect(bob)
  const heardOf = (name: string) => guest.until((frame) => frame.type === 'room' && (frame.room as { name: string }).name === name)

  const secureContext = createSecureContext({ ca: certificate().cert })
  const target = () => ({ host: '127.0.0.1', port: house.service.port, servername: 'localhost', secureContext })
  const streams: Stream[] = []
  const bobs = { token: bob.token, rooms: [room], steady: true, patience: 20_000, random: () => 0, target }
  const listener = new Listener({ ...bobs, opened: (stream) => void streams.push(stream) })
  t.after(() => listener.stop())
  const { seq } = await (await house.connect(ada)).post(room, 'to be heard once')
  while (listener.lastOf(room) < Number(seq)) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(asked, 1)
  assert.deepEqual(
    streams[0]?.events.map((event) => event.seq),
    Array.from({ length: Number(seq) }, (_, at) => at + 1),
  )
})
