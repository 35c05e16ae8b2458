import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sql } from 'kysely'
import { newKey } from '../support/guest.ts'
import { type Company, openCompany } from './company.ts'

let company: Company
before(async () => {
  company = await openCompany()
})
after(() => company.close())

/** Every table, and in it every row, that holds these words in any column. */
async function whereverFound(words: string): Promise<string[]> {
  const { rows: tables } = await sql<{ name: string }>`select name from sqlite_schema where type = 'table'`.execute(company.db)
  const found = await Promise.all(
    tables.map(async ({ name }) => {
      const { rows } = await sql<object>`select * from ${sql.id(name)}`.execute(company.db)
      return rows.filter((row) => JSON.stringify(row).includes(words)).map(() => name)
    }),
  )
  return found.flat()
}

test('the words of a removed message, and of every form that it had, are nowhere in the store (AZN-08)', async () => {
  const { messages, people } = company
  const { id: room } = await company.room('private', 'member')
  const at = (seq: number) => ({ room, key: newKey(), seq })
  const { seq } = await messages.post(people.member, { room, key: newKey(), text: 'canary one, @kim' })
  const reply = await messages.post(people.other, { room, key: newKey(), text: 'what is that?', replyTo: seq })
  await messages.edit(people.member, { ...at(seq), text: 'canary two, @mia' })
  await messages.edit(people.member, { ...at(seq), text: 'canary three' })
  await messages.react(people.other, { ...at(seq), emoji: '🐤', on: true })
  assert.ok((await whereverFound('canary')).length >= 3, 'before it is removed this finds it')

  await messages.remove(people.member, at(seq))
  assert.deepEqual(await whereverFound('canary'), [])
  const { events } = await messages.history(people.other.account, room, { limit: 50 })
  const there = events.find((event) => event.seq === seq)
  assert.deepEqual([there?.kind, there && 'text' in there, there && 'removed' in there && there.removed], ['message', false, true])
  assert.ok(
    events.some((event) => event.seq === reply.seq),
    'what others said stays',
  )
  for (const table of ['reaction', 'mention'] as const) {
    const rows = await company.db.selectFrom(table).select('seq').where('room', '=', room).where('seq', '=', seq).execute()
    assert.deepEqual(rows, [], table)
  }
})
