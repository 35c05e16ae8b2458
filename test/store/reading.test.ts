import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { createReadOn } from '../../src/store/read-on.ts'
import type { Store } from '../../src/store/store.ts'
import { addPeople } from './people.ts'
import { type EmptyPlace, places } from './places.ts'
import { found, post, says } from './says.ts'

for (const [database, place] of Object.entries(places)) {
  let empty: EmptyPlace
  let store: Store
  beforeEach(async () => {
    empty = await place()
    store = await empty.open()
  })
  afterEach(async () => {
    await store.close()
    await empty.remove()
  })

  test(`${database}: who only looks something up does not wait for somebody else's transaction`, async () => {
    await addPeople(store, 'ada', 'bob')
    const { promise: seen, resolve: goOn } = Promise.withResolvers<void>()
    const long = store.db.transaction().execute(async (tx) => {
      await tx.updateTable('account').set({ display: 'Ada' }).where('id', '=', 'ada').execute()
      await seen
    })
    const look = () => store.db.selectFrom('account').select('display').where('id', '=', 'ada').executeTakeFirst()
    assert.notEqual((await look())?.display, 'Ada')
    goOn()
    await long
    assert.equal((await look())?.display, 'Ada')
  })

  test(`${database}: who has been in a room all the time hears what he missed as it was said, and what became of it behind that`, async () => {
    await addPeople(store, 'ada', 'bob')
    await says(store, 'parley', found('tea'))
    await says(store, 'ada', { act: 'post', key: 'the-first-message', text: 'my secret @bob', names: ['bob'] })
    await says(store, 'ada', post('second'))
    await says(store, 'bob', { act: 'leave' })
    await says(store, 'ada', { act: 'edit', key: 'the-edit-of-first', target: 3, text: 'now that bob is gone', names: [] })
    await says(store, 'ada', { act: 'react', key: 'a-reaction-to-it', target: 3, emoji: '👍', on: true })
    await says(store, 'ada', { act: 'remove', key: 'the-second-is-gone', target: 4 })
    const { events, n } = await createReadOn(store.db)('tea', 2)
    assert.deepEqual(
      events.map(({ seq, id, by, at, key, ...said }) => said),
      [
        { kind: 'message', n: 1, text: 'my secret @bob' },
        { kind: 'message', n: 2, removed: true },
        { kind: 'left', account: 'bob', why: 'left' },
        { kind: 'edited', target: 3, text: 'now that bob is gone' },
        { kind: 'reacted', target: 3, emoji: '👍', on: true },
        { kind: 'removed', target: 4 },
      ],
    )
    assert.equal(n, 2)
  })
}
