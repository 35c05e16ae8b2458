import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, connect as dial } from 'node:net'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Client, connect, type LineState, type OpenSocket } from '../../src/sdk/client.ts'
import { inState, showing, texts } from '../sdk/listening.ts'
import { type Cluster, startCluster } from '../support/cluster.ts'
import { certificate, type Person, type TestHouse } from '../support/house.ts'

/** What stands in front: it sends everyone to the first node that says it is ready. */
async function startFront(t: TestContext, { houses }: Cluster): Promise<number> {
  const server = createServer((client) => {
    const house = houses.find(({ service }) => service.ready().ok)
    if (!house) {
      client.destroy()
      return
    }
    const node = dial(house.service.port, '127.0.0.1')
    for (const [one, other] of [
      [client, node],
      [node, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
    client.pipe(node).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

interface Talker {
  client: Client
  /** Every state that the line was in. */
  states: LineState[]
}

function arrives(t: TestContext, port: number, { token }: Person): Talker {
  const openSocket: OpenSocket = (url, protocols, headers) => new WebSocket(url, protocols, { headers, ca: certificate().cert })
  const client = connect({ url: `wss://localhost:${port}/ws`, credential: async () => ({ bearer: token }), connect: openSocket })
  const states: LineState[] = []
  client.on('state', (state) => states.push(state))
  t.after(() => client.close())
  return { client, states }
}

test('three nodes are restarted one after the other while ada and bob talk: nothing is lost, doubled or out of order, and nobody signs in again', async (t) => {
  const cluster = await startCluster(3)
  t.after(() => cluster.close())
  const [first] = cluster.houses as [TestHouse]
  const people = await first.people('ada', 'bob')
  const room = await first.room('tea', people)
  const port = await startFront(t, cluster)
  const talkers = people.map((person) => arrives(t, port, person))
  for (const { client } of talkers) {
    await inState(client, 'live')
    await client.open(room)
  }
  const posts: Promise<unknown>[] = []
  const written: string[][] = talkers.map(() => [])
  const bothSay = (what: string) => {
    for (const [i, { client }] of talkers.entries())
      for (const n of [1, 2, 3]) {
        const text = `${what}, ${n} of ${people[i]?.account.name}`
        written[i]?.push(text)
        posts.push(client.post(room, text))
      }
  }

  for (const [i, house] of [...cluster.houses].entries()) {
    bothSay(`before restart ${i}`)
    const sent = talkers.map(({ client }) => inState(client, 'waiting'))
    const gone = house.service.drain().then(() => house.close())
    for (const { code } of await Promise.all(sent)) assert.equal(code, 1012)
    bothSay(`during restart ${i}`)
    await gone
    cluster.houses.splice(cluster.houses.indexOf(house), 1)
    await cluster.add()
    for (const { client } of talkers) await inState(client, 'live')
  }
  bothSay('after all of them')
  await Promise.all(posts)

  const all = written.flat()
  const [ada, bob] = await Promise.all(talkers.map(({ client }) => showing(client, room, ({ messages }) => messages.length >= all.length)))
  assert.deepEqual([...texts(ada)].sort(), [...all].sort(), 'all of it, once')
  assert.deepEqual(texts(ada), texts(bob), 'in one order')
  const seqs = ada?.messages.map(({ seq }) => seq) ?? []
  assert.deepEqual(
    seqs,
    seqs.map((_, i) => (seqs[0] ?? 0) + i),
  )
  for (const [i, own] of written.entries()) {
    assert.deepEqual(
      texts(ada).filter((text) => text?.endsWith(` of ${people[i]?.account.name}`)),
      own,
    )
    const states = new Set(talkers[i]?.states.map(({ state }) => state))
    assert.deepEqual([...states].sort(), ['connecting', 'live', 'waiting'], 'never sent away for good')
  }
})
