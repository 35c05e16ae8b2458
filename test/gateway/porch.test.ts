import assert from 'node:assert/strict'
import { once } from 'node:events'
import { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, createServer, Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { createServer as createTlsServer, connect as shakeHands } from 'node:tls'
import { createPorch } from '../../src/gateway/porch.ts'
import { createUnderWay } from '../../src/gateway/under-way.ts'
import { makeDevelopmentPair } from '../../src/tls/development-ca.ts'
import { startHouse } from '../support/house.ts'

/** Attempts that leave no room for another. */
const crowded = 16

/** A server with a porch before it. Whoever is let in is looked at until `freed` is called. */
async function open(t: TestContext) {
  let now = 0
  const porch = createPorch({ monotonic: () => now })
  const inside: Socket[] = []
  const attempts: IncomingMessage[] = []
  const begin = (): void => {
    const attempt = new IncomingMessage(new Socket())
    attempts.push(attempt)
    porch.attempts.begin(attempt)
  }
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    inside.push(socket)
    begin()
    server.emit('entered')
  })
  porch.guard(server, { shakesHands: false })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const sockets: Socket[] = []
  t.after(() => {
    porch.clear()
    for (const socket of [...sockets, ...inside]) socket.destroy()
    server.close()
  })
  return {
    porch,
    inside,
    crowd(): void {
      attempts.length = 0
      for (let i = 0; i < crowded; i++) begin()
    },
    pass: (ms: number) => {
      now += ms
    },
    /** The next to be let in, when one of those inside has been looked at. */
    async freed(): Promise<number | undefined> {
      const entered = once(server, 'entered')
      porch.attempts.end(attempts.shift() as IncomingMessage)
      await entered
      return inside.at(-1)?.remotePort
    },
    entered: () => once(server, 'entered'),
    /** Resolves when it waits, or is inside. */
    async dial(): Promise<Socket & { localPort: number }> {
      const there = porch.waiting + inside.length
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined)
      sockets.push(socket)
      await once(socket, 'connect')
      while (porch.waiting + inside.length === there) await new Promise((resolve) => setImmediate(resolve))
      return socket as Socket & { localPort: number }
    },
  }
}

test('who comes alone is let in at once', async (t) => {
  const { dial, entered } = await open(t)
  const isIn = entered()
  await dial()
  await isIn
})

test('of a crowd the latest and those who wait for longest are let in by turns, one for each who has been looked at', async (t) => {
  const { porch, crowd, dial, freed } = await open(t)
  crowd()
  const ports: number[] = []
  for (let i = 0; i < 5; i++) ports.push((await dial()).localPort)
  assert.equal(porch.waiting, 5)
  const order = [await freed(), await freed(), await freed(), await freed(), await freed()]
  assert.deepEqual(
    order.map((port) => ports.indexOf(port ?? 0)),
    [4, 0, 3, 1, 2],
  )
})

test('who has waited for too long is sent away unread, and counted', async (t) => {
  const { porch, crowd, dial, freed, pass } = await open(t)
  crowd()
  const gone = once((await dial()).resume(), 'close')
  pass(15_001)
  crowd()
  const fresh = await dial()
  assert.equal(porch.waiting, 2)
  assert.equal(await freed(), fresh.localPort)
  await gone
  assert.deepEqual([porch.givenUp(), porch.givenUp()], [1, 0])
})

test('attempts that nobody answers do not keep the others out', async (t) => {
  const { porch, crowd, dial, entered, pass } = await open(t)
  crowd()
  const isIn = entered()
  await dial()
  assert.equal(porch.waiting, 1)
  pass(1001)
  await isIn
})

test('a crowd that never begins its handshake does not keep ada out (WSH-09)', async (t) => {
  const house = await startHouse()
  t.after(() => house.close())
  const ada = await house.person('ada')
  const crowd = Array.from({ length: 300 }, () => connect(house.service.port, '127.0.0.1').on('error', () => undefined))
  await Promise.all(crowd.map((socket) => once(socket, 'connect')))
  assert.equal((await house.connect(ada)).ws.readyState, 1)
  for (const socket of crowd) socket.destroy()
})

test('whoever goes in the middle of a handshake makes room for ada at once, whether or not time passes', { timeout: 30_000 }, async (t) => {
  const porch = createPorch({ monotonic: () => 0 })
  const server = createTlsServer({ ...(await makeDevelopmentPair(Date.now())), pauseOnConnect: true })
  porch.guard(server, { shakesHands: true })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  for (let i = 0; i < 300; i++) {
    const eve = connect(port, '127.0.0.1').on('error', () => undefined)
    await once(eve, 'connect')
    eve.destroy()
  }
  const ada = shakeHands({ port, host: '127.0.0.1', rejectUnauthorized: false })
  t.after(() => ada.destroy())
  await once(ada, 'secureConnect')
  while (porch.waiting > 0) await turnEnd()
})

test('what begins again is the youngest: it does not keep what is over from being forgotten', () => {
  let now = 0
  const underWay = createUnderWay<string>({ most: 2, counts: 100, monotonic: () => now, ended: () => undefined })
  underWay.begin('eve')
  underWay.begin('bob')
  now = 99
  underWay.begin('eve')
  now = 150
  assert.equal(underWay.isFull(), false)
})
