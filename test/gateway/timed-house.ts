import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { setImmediate as turnEnd } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { fakeClock, startHouse } from '../support/house.ts'
import { RawClient, upgradeText } from './raw.ts'

const settings = (part: string, values: Record<string, string>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`PARLEY__${part}__${name}`, value]))

/** A house with ada and bob in which time passes only when it is told to, and whose ends of the connections can be looked at. */
export async function startTimedHouse(limits: Record<string, string> = {}, timeouts: Record<string, string> = {}) {
  const clock = fakeClock()
  const wide = { POSTSPERSECOND: '100000', POSTBURST: '100000', HANDSHAKESPERSECONDPERADDRESS: '100000' }
  const house = await startHouse({ clock, settings: { ...settings('LIMITS', { ...wide, ...limits }), ...settings('TIMEOUTS', timeouts) } })
  /** The server's ends, by the port at the other end. */
  const ends = new Map<number, Socket>()
  house.service.server.on('secureConnection', (socket: TLSSocket) => ends.set(socket.remotePort as number, socket))
  const [ada, bob] = await house.people('ada', 'bob')
  const endOf = (client: RawClient): Socket => ends.get(client.socket.localPort as number) ?? assert.fail('no such connection')

  return {
    ...{ house, clock, ada, bob, port: house.service.port, endOf },
    /** Says bytes that get no answer, and waits until the server has read them. */
    async tell(client: RawClient, bytes: Buffer): Promise<void> {
      const end = endOf(client)
      const before = end.bytesRead
      client.say(bytes)
      while (end.bytesRead === before) await turnEnd()
      await turnEnd()
    },
    /** A client whose socket is open, and a store that hangs instead of saying what to greet it with, until it is mended. */
    async enterUnwelcomed(token: string): Promise<{ client: RawClient; mend: () => void }> {
      const { rooms } = house.service.house
      const { list } = rooms
      rooms.list = () => new Promise(() => undefined)
      const { port } = house.service
      const client = await RawClient.dial(port)
      client.say(upgradeText(port, { headers: { Authorization: `Bearer ${token}` } }))
      assert.equal((await client.answer()).status, 101)
      return { client, mend: () => Object.assign(rooms, { list }) }
    },
    async pass(ms: number): Promise<void> {
      clock.pass(ms)
      house.service.wheel.turn()
      await turnEnd()
    },
  }
}

export type TimedHouse = Awaited<ReturnType<typeof startTimedHouse>>
