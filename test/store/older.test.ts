import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { addPeople } from './people.ts'
import { places } from './places.ts'
import { found, says } from './says.ts'

for (const [database, place] of Object.entries(places)) {
  test(`${database}: who left while an older Parley kept the store is found by a newer one`, async () => {
    const empty = await place()
    const before = await empty.open()
    await addPeople(before, 'ada', 'bob')
    await says(before, 'parley', found('tea'))
    await says(before, 'bob', { act: 'leave' })
    for (const undo of [
      sql`update event set text = ''`,
      sql`drop index event_left`,
      sql`drop index mention_message`,
      sql`delete from kysely_migration where name > '0003-nodes'`,
    ])
      await undo.execute(before.db)
    await before.close()
    const store = await empty.open()
    const left = await store.db.selectFrom('event').select(['seq', 'text']).where('kind', '=', 'left').execute()
    await store.close()
    await empty.remove()
    assert.deepEqual(left, [{ seq: 3, text: 'bob' }])
  })
}
