import type { RoomState } from '../../src/protocol/events.ts'
import { type Client, connect, type OutboxStorage } from '../../src/sdk/client.ts'
import { Clockwork, settle } from './clockwork.ts'
import { FakeNetwork, type FakeSocket, welcome } from './fake-socket.ts'

export const tea: RoomState = { id: 'tea', name: 'tea', kind: 'public', last: 3, n: 3, read: 1, readN: 1, mentions: 1, role: 'member' }
/** A message event. */
export const message = (seq: number, by: string, more: object = {}) => {
  return { kind: 'message', seq, id: `e${seq}`, by, at: seq, n: seq, text: `text ${seq}`, ...more }
}

/** A client whose other end is the test, and whose clock is turned by hand. */
export interface Desk {
  ada: Client
  network: FakeNetwork
  clock: Clockwork
  /** The frames of one type that the present socket was sent. */
  sent: (type: string) => Record<string, unknown>[]
  welcomed: (rooms?: RoomState[]) => Promise<FakeSocket>
  answer: (type: string, fields: object) => Promise<void>
}

export function desk(storage?: OutboxStorage): Desk {
  const network = new FakeNetwork()
  const clock = new Clockwork()
  const outbox = storage ? { outbox: storage } : {}
  const credential = async () => ({ bearer: 'token' })
  const ada = connect({
    url: 'wss://x/ws',
    credential,
    connect: network.open,
    schedule: clock,
    now: clock.now,
    random: () => 0.5,
    ...outbox,
  })
  const sent = (type: string) => network.last.sent.filter((frame) => frame.type === type)
  return {
    ada,
    network,
    clock,
    sent,
    async welcomed(rooms = [tea]) {
      await settle()
      network.last.says({ ...welcome, rooms })
      await settle()
      return network.last
    },
    async answer(type, fields) {
      network.last.says({ ref: sent(type).at(-1)?.ref, ...fields })
      await settle()
    },
  }
}

/** Ada, with the room open and three messages of bob in it. */
export async function live(here: Desk): Promise<void> {
  await here.welcomed()
  here.ada.open('tea')
  await settle()
  await here.answer('open', {
    type: 'ok',
    rooms: [{ room: 'tea', last: 3, n: 3, events: [message(1, 'bob'), message(2, 'bob'), message(3, 'bob')], more: false }],
  })
}

/** What the list of rooms says of the one. */
export const counts = ({ ada }: Desk) => {
  const { last, n, readN, mentions } = ada.rooms.get('tea')!
  return { last, unread: n - readN, mentions }
}
