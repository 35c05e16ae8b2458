import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { busCheck } from '../../src/ops/doctor/bus.ts'
import type { Guest, Patient } from '../../src/ops/doctor/patient.ts'
import type { RoomEvent } from '../../src/protocol/events.ts'
import { Visitor } from '../http/visitor.ts'
import { type Cluster, isUp, startCluster } from '../support/cluster.ts'
import { certificate, type TestHouse } from '../support/house.ts'
import { TestSentinels } from '../support/sentinels.ts'

/** People who are told to come again may do so. */
const patient = { PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNT: '1000', PARLEY__LIMITS__SIGNINSPERMINUTEPERACCOUNTANDADDRESS: '1000' }
let sentinels: TestSentinels
let cluster: Cluster
let [north, south] = [] as unknown[] as [TestHouse, TestHouse]
before(async () => {
  sentinels = await TestSentinels.start()
  cluster = await startCluster(2, { ...sentinels.settings, ...patient }, sentinels.redis[0])
  ;[north, south] = cluster.houses as [TestHouse, TestHouse]
})
after(async () => {
  await cluster.close()
  await sentinels.close()
})

const password = 'nine green bottles'
const seqs = (events: RoomEvent[]) => events.map(({ seq }) => seq)

async function signsIn(name: string): Promise<Visitor> {
  const visitor = new Visitor({ port: north.service.port, ca: certificate().cert, origin: north.url })
  for (;;) {
    const answer = await visitor.post('/api/v1/login', { name, password })
    visitor.csrf = answer.json.csrf
    if (answer.status !== 503) assert.equal(answer.status, 200)
    if (answer.status === 200) return visitor
  }
}

/** What a page asks first; who is told to come again does. */
async function isSignedIn(visitor: Visitor): Promise<boolean> {
  for (;;) {
    const { status } = await visitor.get('/api/v1/session')
    if (status === 200 || status === 401) return status === 200
    assert.equal(status, 503)
  }
}

/** What the doctor says of the bus, from north. */
async function findings(): Promise<string> {
  const { house } = north.service
  const server = { nodes: await house.survey() } as NonNullable<Patient['server']>
  const [bus] = await busCheck.look({ config: house.config(), server } as Patient & Guest)
  return `${bus?.level}: ${bus?.cause} ${bus?.fix ?? ''}`
}

test('the master is lost: the nodes follow the sentinels to the next one, nothing is lost, and nobody gets in who had left', async () => {
  for (const name of ['ada', 'bob']) await north.service.house.accounts.add({ name, password, role: 'member' })
  const [ada, bob] = await north.people('ada', 'bob')
  const tea = await north.room('tea', [ada, bob])
  const [a, b] = [await north.connect(ada), await south.connect(bob)]
  for (const guest of [a, b]) await guest.open(tea)
  const [stays, leaves] = [await signsIn('ada'), await signsIn('bob')]
  await a.post(tea, 'before')
  await b.hearsText('before')
  assert.equal((await leaves.post('/api/v1/logout')).status, 200)
  const lost = await sentinels.master()
  await lost.kill()
  await cluster.until(() => !isUp(north) && !isUp(south))
  await a.post(tea, 'meanwhile')
  await cluster.until(() => isUp(north) && isUp(south))
  await b.hearsText('meanwhile')
  const overTheBus = new Promise((resolve) => void south.service.house.bus.subscribe('kettle', resolve))
  const says = setInterval(() => void north.service.house.bus.publish('kettle', { kind: 'typing', room: tea, account: 'ada' }), 50)
  await overTheBus
  clearInterval(says)
  await a.post(tea, 'after')
  await b.hearsText('after')
  for (const guest of [a, b]) assert.deepEqual(seqs(guest.events(tea)), [1, 2, 3, 4, 5])
  assert.equal(await isSignedIn(leaves), false)
  const back = (await isSignedIn(stays)) ? stays : await signsIn('ada')
  assert.equal(await isSignedIn(back), true)
  assert.equal(await isSignedIn(await signsIn('bob')), true)
})

test('the doctor says which master the sentinels name, and what to do about one that cannot be reached', async () => {
  const port = (await sentinels.master()).port
  const says = (words: string) => cluster.until(async () => new RegExp(words).test(await findings()))
  await says(`^(ok|warning): Redis \\S+, 127\\.0\\.0\\.1:${port} as 3 sentinels say, `)
  const [gone] = sentinels.sentinels
  if (!gone) throw new Error('no sentinel')
  await sentinels.kill(gone)
  await says(
    `^error: This node cannot ask the sentinel 127\\.0\\.0\\.1:${gone.port} \\(ECONNREFUSED\\).* redis-cli -h 127\\.0\\.0\\.1 -p ${gone.port} sentinel get-master-addr-by-name tea`,
  )
})
