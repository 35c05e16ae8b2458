import type { TestContext } from 'node:test'
import { type Client, connect } from '../../src/sdk/client.ts'
import { inState } from './listening.ts'
import { Stage } from './stage.ts'

/** A stage with these rooms, and guests who come when called; both leave when the test ends. */
export async function stageWith(t: TestContext, ...rooms: string[]): Promise<{ stage: Stage; guest: (name: string) => Promise<Client> }> {
  const stage = await Stage.begin(...rooms)
  const guests: Client[] = []
  t.after(async () => {
    await Promise.all(guests.map((guest) => guest.close()))
    await stage.end()
  })
  const guest = async (name: string) => {
    const client = connect({ url: stage.url, token: name, fetch: () => Promise.reject(new Error('a stage has no pages')) })
    guests.push(client)
    await inState(client, 'live')
    return client
  }
  return { stage, guest }
}

/** '1', '2', … */
export const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`)
