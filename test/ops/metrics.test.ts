import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { newKey } from '../support/guest.ts'
import { certificate, type Person, startHouse, type TestHouse } from '../support/house.ts'
import { Figures } from './figures.ts'

const password = 'a long enough sentence'
let house: TestHouse
let ada: Person
let bob: Person
let room: string
const visitors: Visitor[] = []

beforeEach(async () => {
  const fast = { POSTSPERSECOND: '100000', POSTBURST: '100000', PENDING: '2000', FRAMESPERSECOND: '100000', QUEUEBYTES: '65536' }
  house = await startHouse({
    settings: Object.fromEntries(Object.entries(fast).map(([name, value]) => [`PARLEY__LIMITS__${name}`, value])),
  })
  ;[ada, bob] = await house.people('ada', 'bob')
  room = await house.room('tea', [ada, bob])
})
afterEach(async () => {
  for (const visitor of visitors.splice(0)) visitor.close()
  await house.close()
})

const figures = async () => new Figures(await house.service.metrics())

function visitor(): Visitor {
  const made = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  visitors.push(made)
  return made
}

test('after a little chat the figures are what happened', async () => {
  const before = await figures()
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await a.open(room)
  await b.open(room)
  const key = newKey()
  await a.post(room, 'hello', key)
  assert.equal((await a.post(room, 'hello', key)).duplicate, true)
  const { seq } = await a.post(room, 'how are you')
  await b.ask('react', { room, key: newKey(), seq, emoji: '👍', on: true })
  assert.equal((await b.post('nowhere', 'is anybody there')).code, 'no_such_room')
  assert.equal((await b.ask('post', { room })).code, 'invalid')
  assert.equal((await b.open(room, { after: 1 })).more, false)
  assert.equal((await b.open(room, { after: 99 })).reset, 'future')
  await a.until((frame) => frame.type === 'events' && JSON.stringify(frame).includes('reacted'))

  const now = await figures()
  const grew = (name: string, labels = {}) => now.get(name, labels) - before.get(name, labels)
  assert.deepEqual([now.get('parley_connections'), now.get('parley_logins_connected'), now.get('parley_accounts_connected')], [2, 2, 2])
  assert.equal(now.get('parley_upgrades_accepted_total'), 2)
  assert.equal(now.get('parley_frames_total', { type: 'post', outcome: 'ok' }), 3)
  assert.equal(now.get('parley_frames_total', { type: 'post', outcome: 'no_such_room' }), 1)
  assert.equal(now.get('parley_frames_total', { type: 'unreadable', outcome: 'invalid' }), 1)
  assert.equal(now.get('parley_frames_total', { type: 'react', outcome: 'ok' }), 1)
  assert.deepEqual(
    ['fresh', 'repeated', 'refused'].map((outcome) => now.get('parley_posts_total', { outcome })),
    [2, 1, 1],
  )
  assert.equal(grew('parley_events_committed_total', { kind: 'message' }), 2)
  assert.equal(grew('parley_events_committed_total', { kind: 'reacted' }), 1)
  assert.equal(now.get('parley_events_delivered_total'), 6, 'three events, two who had the room open')
  assert.equal(now.get('parley_recoveries_total', { outcome: 'live' }), 1)
  assert.equal(now.get('parley_recoveries_total', { outcome: 'future' }), 1)
  assert.equal(grew('parley_commit_seconds_count'), 5)
  assert.equal(grew('parley_commit_writes_sum'), 5)
  assert.equal(grew('parley_accept_to_commit_seconds_count'), 5)
  assert.equal(grew('parley_accept_to_deliver_seconds_count'), 3, 'two commits brought nothing that could be delivered')
  assert.ok(now.get('parley_accept_to_commit_seconds_sum') >= now.get('parley_commit_seconds_sum'))
  assert.ok(now.get('parley_store_wal_bytes') + now.get('parley_store_database_bytes') > 0)
  assert.ok(now.get('parley_process_cpu_seconds_total') > 0)
  assert.deepEqual([now.get('parley_ready'), now.get('parley_not_ready')], [1, 0])
  assert.equal(now.has('parley_certificate_days_left'), false, 'nobody told this service of its certificate')
})

test('ending a login is counted with its reason, its connections and its duration', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await house.service.house.logins.end({ ids: [bob.login.id] }, 'ended')
  assert.equal((await b.ended()).code, 4301)
  a.ws.close()
  await a.ended()
  while (house.service.connections() > 0) await new Promise((resolve) => setImmediate(resolve))
  const now = await figures()
  assert.equal(now.get('parley_logins_ended_total', { why: 'ended' }), 1)
  assert.equal(now.get('parley_login_ending_seconds_count'), 1)
  assert.equal(now.get('parley_connections_closed_total', { reason: 'ended' }), 1)
  assert.equal(now.get('parley_connections_closed_total', { reason: 'gone' }), 1)
  assert.equal(now.get('parley_connections'), 0)
})

test('who is refused at the door is counted by the check that said no', async () => {
  assert.equal(await house.refusal({ ...ada, token: 'junk' }), 401)
  assert.equal(await house.refusal(ada, { headers: { origin: 'https://evil.example' } }), 403)
  const now = await figures()
  assert.equal(now.get('parley_upgrades_refused_total', { status: '401', reason: 'token' }), 1)
  assert.equal(now.get('parley_upgrades_refused_total', { status: '403', reason: 'origin' }), 1)
  assert.equal(now.get('parley_upgrades_refused_total'), 2)
  assert.equal(now.get('parley_upgrades_accepted_total'), 0)
})

test('signing in is counted by how it went, and requests by what they were for', async () => {
  await house.service.house.accounts.add({ name: 'eve', password, role: 'member' })
  const eve = visitor()
  assert.equal((await eve.signIn('eve', 'not her sentence')).status, 401)
  assert.equal((await eve.signIn('eve', password)).status, 200)
  assert.equal((await eve.get('/api/v1/session')).status, 200)
  assert.equal((await eve.get('/no/such/page')).status, 404)
  await eve.get('/livez')
  // A request is over for the server when its answer has been handed on, which may be after it was read.
  while ((await figures()).get('parley_http_request_seconds_count') < 5) await new Promise((resolve) => setImmediate(resolve))
  const now = await figures()
  assert.equal(now.get('parley_sign_ins_total', { outcome: 'signed_out' }), 1)
  assert.equal(now.get('parley_sign_ins_total', { outcome: 'ok' }), 1)
  assert.equal(now.get('parley_http_requests_total', { class: 'api', status: '200' }), 2)
  assert.equal(now.get('parley_http_requests_total', { class: 'api', status: '401' }), 1)
  assert.equal(now.get('parley_http_requests_total', { class: 'page', status: '404' }), 1)
  assert.equal(now.get('parley_http_requests_total', { class: 'health', status: '200' }), 1)
  assert.equal(now.get('parley_http_request_seconds_count'), 5)
})

test('a reader that stops reading shows as a puller, with what waits for it, and no more once it has caught up', async () => {
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  b.socket.pause()
  let last = 0
  // A burst alone may make it a puller for a moment; only when the kernel takes nothing more does it stay one.
  const isStuck = async () => (await figures()).get('parley_pullers') === 1 && (await figures()).get('parley_queue_bytes') > 0
  for (let round = 0; round < 40 && !((await isStuck()) && (await isStuck())); round++) {
    const refs = Array.from({ length: 100 }, () => a.say('post', { room, key: newKey(), text: 'x'.repeat(7900) }))
    for (const ref of refs) last = (await a.answerTo(ref)).seq as number
  }
  const behind = await figures()
  const begun = behind.get('parley_pullers_begun_total')
  assert.equal(behind.get('parley_pullers'), 1)
  assert.ok(begun >= 1)
  const waiting = behind.get('parley_queue_bytes')
  assert.ok(waiting > 0)
  assert.equal(behind.get('parley_queue_largest_bytes'), waiting, 'nothing waits for anybody else')
  b.socket.resume()
  await b.until((frame) => frame.type === 'events' && JSON.stringify(frame.events).includes(`"seq":${last},`), 'the last event')
  while ((await figures()).get('parley_pullers') > 0) await b.ask('ping')
  assert.equal((await figures()).get('parley_pullers_begun_total'), begun)
})
