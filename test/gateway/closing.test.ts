import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { closes } from '../../src/protocol/codes.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { often } from './chance.ts'
import { enter, frame, type RawClient } from './raw.ts'

const guard = { timeout: often(120_000) }
let house: TestHouse
let ada: Person
let port: number
/** The server's ends of the connections, by the port at the other end. */
const ends = new Map<number, Socket>()

before(async () => {
  house = await startHouse({ settings: { PARLEY__LIMITS__HANDSHAKESPERSECONDPERADDRESS: '100000' } })
  house.service.server.on('secureConnection', (socket: TLSSocket) => ends.set(socket.remotePort as number, socket))
  ada = await house.person('ada')
  port = house.service.port
})
after(() => house.close())

const endOf = (client: RawClient): Socket => ends.get(client.socket.localPort as number) ?? assert.fail('no such connection')

test('one who never answers the close frame is cut off, whoever began with closing (WSF-12)', guard, async () => {
  const ways: [what: string, act: (client: RawClient, login: string) => unknown, code: number][] = [
    ['by a mistake of its own', (client) => client.say(frame('x', { opcode: 2 })), 1003],
    ['by what is no frame', (client) => client.say(frame('x', { rsv: 1 })), 1002],
    ['by its login', (_, login) => house.service.house.logins.end({ ids: [login] }, 'ended'), 4301],
  ]
  await Promise.all(
    ways.map(async ([what, act, code]) => {
      const person = await house.login(ada.account)
      const client = await enter(port, person.token)
      client.socket.allowHalfOpen = true // an end of ours would be an answer
      const end = endOf(client)
      await turnEnd()
      act(client, person.login.id)
      assert.equal(await client.closeCode(), code, what)
      if (!end.destroyed) await once(end, 'close')
      client.hangUp()
    }),
  )
  assert.equal(house.service.connections(), 0)
})

test('what is said with a close is text that fits into its frame, never bytes from memory (WSF-12)', () => {
  // RFC 6455 §5.5. A typed array in its place once sent what lay in memory (CVE-2026-45736).
  for (const { words } of Object.values(closes)) assert.ok(Buffer.byteLength(words) <= 123, words)
  const folder = join(import.meta.dirname, '../../src/gateway')
  const said = readdirSync(folder).flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/\bws\.close\(([^)]*)\)/g)])
  assert.ok(said.length >= 3, 'the closes were not found')
  for (const [, given = ''] of said) assert.match(given, /^(\d{4}|code, words|\d{4}, '[^']{1,60}')$/)
})

test('hundreds who come and go, well-mannered or not, leave no timer and no socket behind (WSF-12)', guard, async () => {
  const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length
  const sockets = () => new Promise<number>((resolve) => house.service.server.getConnections((_, count) => resolve(count)))
  const before = timers()
  for (let round = 0; round < often(8); round++) {
    const clients = await Promise.all(Array.from({ length: 15 }, () => enter(port, ada.token)))
    for (const [i, client] of clients.entries()) {
      if (i % 3 === 0) client.hangUp()
      else if (i % 3 === 1) client.say(frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }))
      else client.say(frame('{"type":"bye","ref":1}'))
    }
    await Promise.all(
      clients.map(async (client) => {
        if ((await client.closeCode()) !== 1006) client.say(frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }))
        await client.closed
      }),
    )
    while (house.service.connections() > 0 || (await sockets()) > 0) await turnEnd()
  }
  while (timers() > before) await turnEnd()
})
