import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type TestContext, test } from 'node:test'
import { DummyDriver, Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely'
import { createPeople } from '../../src/chat/people.ts'
import type { Tables } from '../../src/store/schema.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import { nodesOf, sources } from '../support/source.ts'

/** Every statement that this file prepares, as it stands there. */
const preparedIn = (file: string): string[] =>
  sources(file)
    .flatMap(({ tree }) => [...nodesOf(tree)])
    .map(({ value }) => (typeof value === 'object' && value !== null && 'cooked' in value ? value.cooked : value))
    .filter((text) => typeof text === 'string')
    .filter((text) => /^\s*(select|insert|update|delete) /.test(text))

/** What is asked when ada wants to know what these accounts are called. */
async function askedForNames(): Promise<string> {
  const asked: string[] = []
  const dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new DummyDriver(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  }
  const db = new Kysely<Tables>({ dialect, log: ({ query }) => void asked.push(query.sql) })
  await createPeople(db).named('ada', ['bob', 'eve'], false)
  return asked.join()
}

/** How the store would go about it. */
async function planner(t: TestContext): Promise<(text: string) => string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-plans-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'parley.db')
  await (await openSqlite({ file, onFatal: assert.fail })).close()
  const db = new DatabaseSync(file)
  t.after(() => db.close())
  return (text) => {
    const steps = db.prepare(`explain query plan ${text}`).all(
      ...text
        .split('?')
        .slice(1)
        .map(() => null),
    )
    return steps.map(({ detail }) => String(detail))
  }
}

test('nothing that is said or asked in a room reads a table through, however much is in it', async (t) => {
  const plan = await planner(t)
  const statements = [...preparedIn('src/store/sqlite-book.ts'), ...preparedIn('src/store/pages.ts'), await askedForNames()]
  assert.ok(statements.length > 40, `${statements.length} were found`)
  const scans = (text: string) => plan(text).some((step) => /^SCAN (?!json_each)/.test(step))
  assert.ok(scans('select * from event where text = ?'), 'this test can fail')
  assert.deepEqual(statements.filter(scans), [])
})

test('a key is found by all three of its parts, those named in a text by their names, and who left by who he is', async (t) => {
  const plan = await planner(t)
  const of = (part: string) => plan(preparedIn('src/store/sqlite-book.ts').find((text) => text.includes(part)) ?? '').join('\n')
  assert.match(of('and key = ?'), /^SEARCH event USING INDEX \w+ \(key=\? AND account=\? AND room=\?\)$/)
  assert.match(of('json_each'), /^SEARCH a USING INDEX \w+ \(fold=\?\)/)
  assert.match(plan(await askedForNames()).join('\n'), /SEARCH e USING INDEX event_left \(room=\? AND text=\?\)/)
})
