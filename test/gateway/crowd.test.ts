import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { startHouse } from '../support/house.ts'

test('of more TCP connections than there is room for those on top are cut off before a handshake, and ada chats on (WSH-09, HTTP-05)', async (t) => {
  const house = await startHouse({ settings: { PARLEY__LIMITS__CONNECTIONS: '10' } })
  t.after(() => house.close())
  const ada = await house.person('ada')
  const tea = await house.room('tea', [ada])
  const guest = await house.connect(ada)
  await guest.open(tea)
  let dropped = 0
  const crowdIsOver = new Promise<void>((resolve) => house.service.server.on('drop', () => ++dropped === 20 && resolve()))
  const crowd: Socket[] = []
  for (let i = 0; dropped < 20 && i < 2000; i++) {
    const socket = connect(house.service.port, '127.0.0.1').on('error', () => undefined)
    crowd.push(socket)
    await once(socket, 'connect')
  }
  await crowdIsOver
  assert.ok(crowd.length > 900 && crowd.length < 1100, `${crowd.length} came`)
  assert.equal((await guest.post(tea, 'still here')).type, 'ok')
  for (const socket of crowd) socket.destroy()
})
