import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Client, connect, type OpenSocket } from '../../src/sdk/client.ts'
import { Clockwork } from '../sdk/clockwork.ts'
import { inState, showing, texts } from '../sdk/listening.ts'
import { freePort } from '../support/free-port.ts'
import { newPlace, password, startServer } from './parley.ts'

const names = ['ada', 'bob', 'eve']

interface Person {
  client: Client
  clock: Clockwork
}

/** An SDK client that waits by a clock of its own, turned by hand. */
async function person(t: TestContext, url: string, ca: string, bearer: string): Promise<Person> {
  const clock = new Clockwork()
  const openSocket: OpenSocket = (url, protocols, headers) => new WebSocket(url, protocols, { headers, ca })
  const timing = { schedule: clock, now: clock.now, random: () => 0.5 }
  const client = connect({ url, credential: async () => ({ bearer }), connect: openSocket, ...timing })
  t.after(() => client.close())
  await inState(client, 'live')
  return { client, clock }
}

test('a drained server is started again: all three come back in their slots, and nothing they wrote is lost or there twice', async (t) => {
  const place = await newPlace(t)
  const port = { PARLEY__SERVER__PORT: String(await freePort()) }
  const first = await startServer(place, port)
  const asked = async (...args: string[]) => JSON.parse((await place.parley([...args, '--json'], { input: password })).stdout)
  for (const name of names) await asked('account', 'add', name, '--password-stdin')
  const { id: room } = await asked('room', 'add', 'Tea', '--members', names.join())
  const ca = readFileSync(join(place.root, 'certs', 'ca.pem'), 'utf8')
  const url = `${first.url.replace('https', 'wss')}/ws`
  const people: Person[] = []
  for (const name of names) people.push(await person(t, url, ca, (await asked('token', 'issue', '--account', name, '--ttl', '1h')).token))
  for (const { client } of people) await client.open(room)

  const written: string[] = []
  const posts: Promise<unknown>[] = []
  const everyoneWrites = (what: string) => {
    for (const [i, { client }] of people.entries()) {
      for (const n of [1, 2, 3]) {
        const text = `${what} ${n} of ${names[i]}`
        written.push(text)
        posts.push(client.post(room, text))
      }
    }
  }
  everyoneWrites('before')
  await Promise.all(posts)
  everyoneWrites('meanwhile')
  const waits = people.map(({ client, clock }) =>
    inState(client, 'waiting').then(({ retryAt, code }) => ({ ms: retryAt - clock.time, code })),
  )
  const drained = await asked('drain')
  assert.deepEqual(drained, { draining: true, connections: 3 })
  assert.deepEqual(await first.ended, [0, null])
  const slots = await Promise.all(waits)
  assert.deepEqual(
    slots.map(({ code }) => code),
    [1012, 1012, 1012],
  )
  // A second for all, a third of it for each: halfway into their own, as these clients choose.
  assert.deepEqual(slots.map(({ ms }) => Math.floor((ms - 1000) / (1000 / 3))).sort(), [0, 1, 2])
  everyoneWrites('while nobody listens')

  const second = await startServer(place, port)
  assert.equal(second.url, first.url)
  for (const [i, { client, clock }] of people.entries()) {
    await clock.pass((slots[i]?.ms ?? 0) - 1)
    assert.equal(client.state.state, 'waiting')
    await clock.pass(1)
    await inState(client, 'live')
  }
  await Promise.all(posts)
  for (const { client } of people) {
    await showing(client, room, ({ messages }) => messages.length === written.length)
    assert.deepEqual(texts(client.timeline(room)).sort(), [...written].sort())
    assert.deepEqual(client.outbox.items(), [])
  }
  assert.equal((await asked('room', 'list'))[0].messages, written.length)
})
