import assert from 'node:assert/strict'
import { type Client, type ClientOptions, connect, type LineState } from '../../src/sdk/client.ts'
import { Clockwork, settle } from './clockwork.ts'
import { FakeNetwork, welcome } from './fake-socket.ts'

export interface Line {
  ada: Client
  network: FakeNetwork
  clock: Clockwork
  asked: string[]
  live(): Promise<void>
}

/** Chance is at its worst: each wait is as long as it may be. */
export function line(more: Partial<ClientOptions> = {}): Line {
  const network = new FakeNetwork()
  const clock = new Clockwork()
  const asked: string[] = []
  const credential = async (why: string) => {
    asked.push(why)
    return { bearer: 'token' }
  }
  const ada = connect({ url: 'wss://x/ws', credential, connect: network.open, schedule: clock, now: clock.now, random: () => 1, ...more })
  const live = async () => {
    await settle()
    network.last.says(welcome)
  }
  return { ada, network, clock, asked, live }
}

/** The client is in this state. */
export const is = <S extends LineState['state']>(client: Client, state: S): Extract<LineState, { state: S }> => {
  assert.equal(client.state.state, state)
  return client.state as Extract<LineState, { state: S }>
}
