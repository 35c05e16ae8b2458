import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Refusal } from '../../src/protocol/codes.ts'
import { newKey } from '../support/guest.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'
import { TestPostgres } from '../support/postgres.ts'

let postgres: TestPostgres
let house: TestHouse
let ada: Person
let bob: Person
let eve: Person

before(async () => {
  postgres = await TestPostgres.start()
  house = await startHouse({ settings: { PARLEY__STORE__URL: postgres.url(await postgres.database()) } })
  ;[ada, bob, eve] = await house.people('ada', 'bob', 'eve')
})
after(async () => {
  await house.close()
  await postgres[Symbol.asyncDispose]()
})

test('over PostgreSQL two people talk, whoever was away reads what was missed, and a key is one message', async () => {
  const tea = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await a.open(tea)
  await b.open(tea)
  const key = newKey()
  const [first, twin] = await Promise.all([
    a.ask('post', { room: tea, key, text: 'hello @bob' }),
    a.ask('post', { room: tea, key, text: 'hello @bob' }),
  ])
  assert.deepEqual([twin.seq, twin.id, twin.duplicate], [first.seq, first.id, true])
  const heard = await b.hearsText('hello @bob')
  assert.deepEqual([heard.seq, heard.id], [first.seq, first.id])
  b.ws.terminate()
  const missed = Array.from({ length: 15 }, (_, i) => `missed ${i}`)
  await Promise.all(missed.map((text) => a.post(tea, text)))
  const again = await house.connect(bob)
  const opened = await again.open(tea, { after: heard.seq, id: heard.id })
  assert.deepEqual(
    (opened.events as { text: string }[]).map(({ text }) => text),
    missed,
  )
  await again.ask('ping')
  assert.equal(again.events(tea).length, missed.length, 'nothing twice')
})

test('over PostgreSQL nothing is written by a login that has ended, nor read by one who was shown out', async () => {
  const room = await house.room('private', [ada, bob, eve])
  const [b, e] = [await house.connect(bob), await house.connect(eve)]
  await b.open(room)
  await e.open(room)
  await house.service.house.rooms.remove({ account: 'parley' }, room, eve.account.id)
  await e.until((frame) => frame.type === 'room')
  assert.deepEqual(await e.open(room), { room, refused: 'no_such_room' })
  const { append } = house.service.house.store
  const [ended, ...late] = await Promise.all([
    house.service.house.logins.end({ ids: [bob.login.id] }, 'ended'),
    ...Array.from({ length: 20 }, (_, i) =>
      append.append({
        ...{ room, by: bob.account.id, login: bob.login.id, at: house.service.house.clock.now() },
        allowed: { own: ['owner', 'moderator', 'member'], any: [] },
        do: { act: 'post', key: newKey(), text: `late ${i}`, names: [] },
      }),
    ),
  ])
  assert.equal(ended.logins, 1)
  assert.equal((await b.ended()).code, 4301)
  const refused = late.findIndex((outcome) => 'refused' in outcome)
  assert.ok(
    late.every((outcome, i) => ('refused' in outcome ? outcome.refused === 'signed_out' && i >= refused : i < refused || refused < 0)),
  )
  assert.equal(await house.refusal(bob), 401)
})

test('while PostgreSQL is away nobody is let in and nobody is thrown out; when it is back all goes on by itself (WSH-06)', async () => {
  const room = await house.room('storm', [ada])
  const a = await house.connect(ada)
  await a.open(room)
  const key = newKey()
  await postgres.stop('SIGQUIT')
  const refused = await a.ask('post', { room, key, text: 'into the storm' })
  assert.deepEqual([refused.type, refused.code, refused.retryable], ['refused', 'unavailable', true])
  assert.equal(await house.refusal(ada), 503, 'and never 401')
  await assert.rejects(house.service.house.accounts.find('ada'), Refusal)
  assert.ok(house.service.ready().reasons.length > 0)
  await postgres.run()
  const written = await a.ask('post', { room, key, text: 'into the storm' })
  assert.equal(written.type, 'ok')
  await a.hearsText('into the storm')
  await house.connect(ada)
  assert.equal(a.ws.readyState, a.ws.OPEN)
})
