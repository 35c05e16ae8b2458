import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connect, Refused } from '../../src/sdk/client.ts'
import { memoryStorage } from '../../src/sdk/storage.ts'
import { realTimers } from '../../src/sdk/timers.ts'
import { numbers, stageWith } from './guests.ts'
import { heard, inState, showing, texts } from './listening.ts'

test('twenty messages written without a connection arrive once and in order', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  ada.setOnline(false)
  const posts = numbers(20).map((text) => ada.post('tea', text))
  assert.equal(ada.outbox.items('tea').length, 20)
  ada.setOnline(true)
  await Promise.all(posts)
  assert.deepEqual(stage.texts('tea'), numbers(20))
  assert.deepEqual(ada.outbox.items(), [])
})

test('a message whose acknowledgement was lost is sent again under its key, and is there once', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  const timeline = await ada.open('tea')
  stage.dieAfterWriting = 1
  const posts = ['one', 'two', 'three'].map((text) => ada.post('tea', text))
  await inState(ada, 'waiting')
  ada.retryNow()
  const [one] = await Promise.all(posts)
  assert.equal(one?.duplicate, true)
  await showing(ada, 'tea', ({ last }) => last === 3)
  assert.deepEqual(texts(timeline), ['one', 'two', 'three'])
  assert.deepEqual(ada.outbox.items(), [])
})

test('a message that a limit turned away goes again, and none behind it overtakes', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  stage.refuseNext.push({ code: 'rate_limited', retryAfterMs: 5 }, { code: 'rate_limited', retryAfterMs: 5 })
  await Promise.all(numbers(5).map((text) => ada.post('tea', text)))
  assert.deepEqual(stage.texts('tea'), numbers(5))
})

test('a message refused for good stays in the outbox with its reason, and those behind it go', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  stage.refuseNext.push({ code: 'too_large' })
  const long = ada.post('tea', 'long')
  await ada.post('tea', 'short')
  await assert.rejects(long, (error) => error instanceof Refused && error.code === 'too_large')
  const [failed] = ada.outbox.items('tea')
  assert.deepEqual([failed?.state, failed?.refusal?.code], ['failed', 'too_large'])
  const gone = heard(ada, 'outbox', (items) => items.length === 0)
  ada.outbox.retry(failed!.key)
  await gone
  assert.deepEqual(stage.texts('tea'), ['short', 'long'])
})

test('what ada wrote before her browser was closed goes out when she comes back, before what she writes then', async (t) => {
  const { stage } = await stageWith(t, 'tea')
  const storage = memoryStorage()
  const kept = Promise.withResolvers<void>()
  const put = storage.put
  storage.put = async (item) => {
    await put(item)
    if (item.text === 'two') kept.resolve()
  }
  const credential = async () => ({ bearer: 'ada' })
  const before = connect({ url: stage.url, credential, outbox: storage })
  before.setOnline(false)
  for (const text of ['one', 'two']) before.post('tea', text)
  await kept.promise
  await before.close()
  const after = connect({ url: stage.url, credential, outbox: storage })
  t.after(() => after.close())
  await after.post('tea', 'three')
  assert.deepEqual(stage.texts('tea'), ['one', 'two', 'three'])
  assert.deepEqual(await storage.all(), [])
})

test('what ada wrote is not sent when bob signs in on her device', async (t) => {
  const { stage } = await stageWith(t, 'tea')
  let name = 'ada'
  const client = connect({ url: stage.url, credential: async () => ({ bearer: name }) })
  t.after(() => client.close())
  await inState(client, 'live')
  stage.cut('ada', 4300)
  await inState(client, 'stopped')
  const hers = client.post('tea', 'dear diary')
  name = 'bob'
  client.resume()
  await inState(client, 'live')
  assert.deepEqual(client.outbox.items(), [])
  await client.post('tea', 'hello from bob')
  assert.deepEqual(stage.texts('tea'), ['hello from bob'])
  stage.cut('bob', 4300)
  await inState(client, 'stopped')
  name = 'ada'
  client.resume()
  await hers
  assert.deepEqual(stage.texts('tea'), ['hello from bob', 'dear diary'])
})

test('an acknowledged message whose events frame was lost is shown from the outbox until it is fetched', async (t) => {
  const { stage } = await stageWith(t, 'tea')
  const hasty = { set: (run: () => void, ms: number) => setTimeout(run, ms / 100), clear: realTimers.clear }
  const ada = connect({ url: stage.url, credential: async () => ({ bearer: 'ada' }), schedule: hasty })
  t.after(() => ada.close())
  const timeline = await ada.open('tea')
  stage.loseEvents = 1
  await ada.post('tea', 'hello')
  assert.deepEqual([texts(timeline), ada.outbox.items('tea').map(({ text }) => text)], [[], ['hello']])
  await showing(ada, 'tea', ({ last }) => last === 1)
  assert.deepEqual([texts(timeline), ada.outbox.items('tea')], [['hello'], []])
})

test('an edit goes again once over a reconnect, under the same key', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  const { seq } = await ada.post('tea', 'helo')
  const edit = ada.edit('tea', seq, 'hello')
  ada.setOnline(false)
  ada.setOnline(true)
  await edit
  const keys = stage.asked.filter(({ type }) => type === 'edit').map(({ key }) => key)
  assert.equal(new Set(keys).size, 1)
  assert.equal(stage.logs.get('tea')!.filter(({ kind }) => kind === 'edited').length, 1)
})

test('a message longer than the server takes fails by itself: it never reaches the line, which it would end', async (t) => {
  const { stage, guest } = await stageWith(t, 'tea')
  const ada = await guest('ada')
  await assert.rejects(ada.post('tea', 'é'.repeat(40_000)), { code: 'too_large' })
  await ada.post('tea', 'short')
  assert.deepEqual(stage.texts('tea'), ['short'])
  assert.equal(stage.tokens.length, 1, 'it did not have to come back')
  assert.deepEqual(
    ada.outbox.items('tea').map(({ state, refusal }) => [state, refusal?.code]),
    [['failed', 'too_large']],
  )
})
