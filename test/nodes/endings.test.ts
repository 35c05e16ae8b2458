import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { createLocalBus } from '../../src/bus/local.ts'
import { lease, type Neighbour, openStreet, question } from './street.ts'

let street: Awaited<ReturnType<typeof openStreet>>
const there: Neighbour[] = []
before(async () => {
  street = await openStreet()
})
after(() => street.close())
afterEach(async () => {
  await Promise.all(there.splice(0).map((one) => one.close()))
})

const neighbour = async (...given: Parameters<typeof street.neighbour>) => {
  const made = await street.neighbour(...given)
  there.push(made)
  return made
}

test('an ending is told over the bus, and every node says how many connections it closed', async () => {
  const bus = createLocalBus()
  const ada = await neighbour('a', bus)
  const [bob, eve] = [await neighbour('b', bus), await neighbour('c', bus)]
  await street.ends('l1')
  assert.deepEqual(await ada.nodes.everywhere(question('l1')), { connections: 2, unconfirmed: 0 })
  assert.deepEqual([bob.ended, eve.ended], [['l1'], ['l1']])
})

test('with the bus down the nodes read of it, each once, before the call returns', async () => {
  const [ada, bob, eve] = [await neighbour('a'), await neighbour('b'), await neighbour('c')]
  await street.ends('l1')
  await street.ends('l2')
  assert.deepEqual(await ada.nodes.everywhere(question('l2')), { connections: 0, unconfirmed: 0 })
  assert.deepEqual(
    [bob.ended, eve.ended],
    [
      ['l1', 'l2'],
      ['l1', 'l2'],
    ],
  )
})

test('a node that can neither hear nor read is silent when the call returns, and acts before it speaks again', async () => {
  const [ada, bob] = [await neighbour('a'), await neighbour('b')]
  bob.hold()
  await street.ends('l1')
  assert.deepEqual(await ada.nodes.everywhere(question('l1')), { connections: 0, unconfirmed: 1 })
  assert.equal(bob.nodes.holds(), false)
  assert.deepEqual(bob.ended, [])
  const held = new Promise<string[]>((resolve) => bob.nodes.whenHeld(() => resolve([...bob.ended])))
  bob.goOn()
  assert.deepEqual(await held, ['l1'])
  assert.equal(bob.nodes.holds(), true)
})

test('where the database has lost its last moments, the nodes ask after everybody before an ending that took the same number is done', async () => {
  const [ada, bob] = [await neighbour('a'), await neighbour('b')]
  await street.ends('l1')
  assert.deepEqual(await ada.nodes.everywhere(question('l1')), { connections: 0, unconfirmed: 0 })
  await street.losesLast()
  await street.ends('l2')
  assert.deepEqual(await ada.nodes.everywhere(question('l2')), { connections: 0, unconfirmed: 0 })
  assert.deepEqual([bob.ended, bob.rechecks()], [['l1'], 1])
})

test('a node whose lease ran out before is waited for by nobody', async () => {
  const [ada, bob] = [await neighbour('a'), await neighbour('b')]
  bob.hold()
  await street.ends('l1')
  await ada.nodes.everywhere(question('l1'))
  await street.ends('l2')
  assert.deepEqual(await ada.nodes.everywhere(question('l2')), { connections: 0, unconfirmed: 0 })
})

test('a node that has left is waited for by nobody', async () => {
  const [ada, bob] = [await neighbour('a'), await neighbour('b')]
  await bob.nodes.leave()
  await street.ends('l1')
  assert.deepEqual(await ada.nodes.everywhere(question('l1')), { connections: 0, unconfirmed: 0 })
  assert.deepEqual(ada.nodes.others(), [])
})

test('whoever calls while cut off from the store waits as long as any lease can last', async () => {
  const [ada, bob] = [await neighbour('a'), await neighbour('b')]
  while (ada.nodes.others().length === 0) await new Promise(setImmediate)
  await street.ends('l1')
  ada.hold()
  const began = performance.now()
  const { unconfirmed } = await ada.nodes.everywhere(question('l1'))
  assert.ok(performance.now() - began >= lease.life)
  assert.deepEqual(bob.ended, ['l1'])
  assert.equal(unconfirmed, 1)
})

test('whatever the nodes are cut off from, none that may deliver has missed what a returned call has ended', async () => {
  const ada = await neighbour('a')
  const others = [await neighbour('b'), await neighbour('c')]
  for (let i = 0; i < 6; i++) {
    const one = others[i % 2] as Neighbour
    if (i % 3 === 0) one.hold()
    else one.goOn()
    await street.ends(`l${i}`)
    await ada.nodes.everywhere(question(`l${i}`))
    for (const { nodes, ended } of others)
      assert.ok(!nodes.holds() || ended.includes(`l${i}`), `${nodes.node} may deliver and does not know of l${i}`)
  }
})

test('which connections a login has is asked of all', async () => {
  const bus = createLocalBus()
  const [ada] = [await neighbour('a', bus), await neighbour('b', bus)]
  const open = await ada.nodes.connectionsOf(['l1'])
  assert.deepEqual(
    open.get('l1')?.map(({ node }) => node),
    ['b'],
  )
})

test('a second node that could not hear the first is refused, one that died is not waited for longer than its lease', async () => {
  const ada = await neighbour('a')
  const bob = await street.neighbour('b')
  await assert.rejects(bob.nodes.checkAlone(), /Another node \(a\) works on this store, and bus.url is local/)
  ada.hold()
  await bob.nodes.checkAlone()
  await bob.close()
})

test('of two nodes that begin at once and could not hear each other one stays, and the other leaves with clear words', async () => {
  const times = { life: 5000, every: 2000 }
  const both = [await street.newcomer('a', createLocalBus(), times), await street.newcomer('b', createLocalBus(), times)]
  there.push(...both)
  for (const { nodes } of both) await nodes.checkAlone() // neither has seen the other
  const joined = await Promise.allSettled(both.map(({ join }) => join(true)))
  const [left, ...more] = joined.flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []))
  assert.match(left?.message ?? 'nobody left', /^Another node \([ab]\) works on this store, and bus.url is local: they would not hear/)
  assert.equal(more.length, 0, 'not both')
  assert.deepEqual(
    both.map(({ nodes }) => nodes.holds()),
    joined.map(({ status }) => status === 'fulfilled'),
    'whoever left delivers nothing',
  )
  assert.equal((await street.store.db.selectFrom('node').selectAll().execute()).length, 1)
})

test('whoever stays when another begins unseen stays, whichever id comes first', async () => {
  const bob = await street.newcomer('b')
  there.push(bob)
  await bob.join(true)
  for (const id of ['a', 'c']) {
    const other = await street.newcomer(id)
    there.push(other)
    await assert.rejects(other.join(true), /^Error: Another node \(b\) works on this store/)
  }
  assert.equal(bob.nodes.holds(), true)
})
