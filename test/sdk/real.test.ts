import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Client, connect, type OpenSocket, Refused } from '../../src/sdk/client.ts'
import { certificate, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { heard, inState, showing, texts } from './listening.ts'

interface Guest {
  client: Client
  /** Pulls the cable: no close frame, as on a train. */
  cut(): void
}

interface Story {
  house: TestHouse
  tea: string
  ada: Guest
  bob: Guest
}

async function guest(t: TestContext, house: TestHouse, person: Person): Promise<Guest> {
  let socket: WebSocket | undefined
  const openSocket: OpenSocket = (url, protocols, headers) => {
    socket = new WebSocket(url, protocols, { headers, ca: certificate().cert })
    return socket
  }
  const url = house.url.replace('https', 'wss').concat('/ws')
  const client = connect({ url, credential: async () => ({ bearer: person.token }), connect: openSocket })
  t.after(() => client.close())
  await inState(client, 'live')
  return { client, cut: () => socket?.terminate() }
}

async function teaWithAdaAndBob(t: TestContext): Promise<Story> {
  const house = await startHouse()
  t.after(() => house.close())
  const people = await house.people('ada', 'bob')
  const tea = await house.room('tea', people)
  return { house, tea, ada: await guest(t, house, people[0]), bob: await guest(t, house, people[1]) }
}

const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}`)

test('ada and bob talk over a real server; edits, reactions, removals and read marks arrive', async (t) => {
  const { tea, ada, bob } = await teaWithAdaAndBob(t)
  const hers = await ada.client.open(tea)
  const his = await bob.client.open(tea)
  const arrives = heard(bob.client, 'message')
  const posted = await ada.client.post(tea, 'helo')
  const { message } = await arrives
  assert.deepEqual([message.seq, message.id, message.by], [posted.seq, posted.id, ada.client.account?.id])
  await ada.client.edit(tea, posted.seq, 'hello')
  const second = await bob.client.post(tea, 'oops', { replyTo: posted.seq })
  await bob.client.react(tea, posted.seq, '👍', true)
  await bob.client.remove(tea, second.seq)
  const all = second.seq + 2
  for (const { client } of [ada, bob]) await showing(client, tea, ({ last }) => last === all)
  assert.deepEqual(hers.messages, his.messages)
  assert.deepEqual(texts(hers), ['hello', undefined])
  assert.deepEqual(hers.messages[0]?.reactions, [{ emoji: '👍', accounts: [bob.client.account?.id] }])
  await ada.client.read(tea, all)
  const room = ada.client.rooms.get(tea)
  assert.equal(room?.n, room?.readN)
})

test('bob, cut off in the middle of it, ends with every message once and in order', async (t) => {
  const { tea, ada, bob } = await teaWithAdaAndBob(t)
  const timeline = await bob.client.open(tea)
  const seen: string[] = []
  bob.client.on('message', ({ message }) => seen.push(message.text ?? ''))
  for (const text of numbers(30)) {
    await ada.client.post(tea, text)
    if (text === '10' || text === '20') {
      bob.cut()
      await inState(bob.client, 'waiting')
    }
    if (text === '13' || text === '26') bob.client.retryNow()
  }
  await showing(bob.client, tea, ({ messages }) => messages.length === 30)
  assert.deepEqual([seen, texts(timeline)], [numbers(30), numbers(30)])
})

test('what ada writes without network arrives once and in order, though her connection dies while it goes out', async (t) => {
  const { tea, ada, bob } = await teaWithAdaAndBob(t)
  const his = await bob.client.open(tea)
  await ada.client.open(tea)
  ada.client.setOnline(false)
  const posts = numbers(20).map((text) => ada.client.post(tea, text))
  ada.client.setOnline(true)
  await posts[4]
  ada.cut()
  await inState(ada.client, 'waiting')
  ada.client.retryNow()
  await Promise.all(posts)
  for (const { client } of [ada, bob]) await showing(client, tea, ({ messages }) => messages.length === 20)
  assert.deepEqual(texts(his), numbers(20))
  assert.deepEqual(texts(ada.client.timeline(tea)), numbers(20))
  assert.deepEqual(ada.client.outbox.items(), [])
})

test('the same key twice is one message; with other words it is refused', async (t) => {
  const { tea, ada } = await teaWithAdaAndBob(t)
  const key = 'the-same-key-twice'
  const first = await ada.client.post(tea, 'hello', { key })
  assert.deepEqual(await ada.client.post(tea, 'hello', { key }), { ...first, duplicate: true })
  await assert.rejects(ada.client.post(tea, 'other words', { key }), (error) => error instanceof Refused && error.code === 'conflict')
  assert.deepEqual(texts(await ada.client.open(tea)), ['hello'])
})

test('more than the limit takes at once is not lost: it goes out as fast as the server takes it', async (t) => {
  const { tea, ada, bob } = await teaWithAdaAndBob(t)
  const his = await bob.client.open(tea)
  await Promise.all(numbers(40).map((text) => ada.client.post(tea, text)))
  await showing(bob.client, tea, ({ messages }) => messages.length === 40)
  assert.deepEqual(texts(his), numbers(40))
})

test('when ada’s login is ended she is told why, and her client does not knock again', async (t) => {
  const { house, ada } = await teaWithAdaAndBob(t)
  await house.service.house.logins.end({ account: ada.client.account!.id }, 'ended')
  const { code, signIn } = await inState(ada.client, 'stopped')
  assert.deepEqual([code, signIn], [4301, true])
})
