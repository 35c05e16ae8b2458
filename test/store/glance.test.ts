import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CompiledQuery } from 'kysely'
import { createGlance } from '../../src/store/glance.ts'
import { openFile } from '../../src/store/sqlite-file.ts'

const nameOf = (id: string) => CompiledQuery.raw('select name from person where id = ?', [id]) as CompiledQuery<{ name: string }>

/** A file with ada in it, and whoever writes it. */
function begin(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-store-'))
  const file = join(folder, 'people.db')
  const writer = openFile(file)
  writer.exec("create table person (id text primary key, name text); insert into person values ('1', 'ada')")
  t.after(() => {
    writer.close()
    rmSync(folder, { recursive: true })
  })
  return { file, writer }
}

test('a glance sees what has just been committed, in the turn that asks, and nothing that has not been', (t) => {
  const { file, writer } = begin(t)
  const { glance, close } = createGlance(file, () => assert.fail('nobody else has to be asked'))
  assert.deepEqual({ ...glance(nameOf('1')) }, { name: 'ada' })
  assert.equal(glance(nameOf('2')), undefined)
  writer.exec("begin immediate; insert into person values ('2', 'bob')")
  assert.equal(glance(nameOf('2')), undefined)
  writer.exec('commit')
  assert.deepEqual({ ...glance(nameOf('2')) }, { name: 'bob' })
  close()
})

test('what cannot be read at once is asked of the reader, who finds it or says what is wrong', async (t) => {
  const { file, writer } = begin(t)
  const asked: unknown[] = []
  const { glance, close } = createGlance(file, async ({ parameters }) => {
    asked.push(...parameters)
    throw new Error('The reader knows why.')
  })
  writer.exec('alter table person rename to people')
  const answer = glance(nameOf('1'))
  assert.ok(answer instanceof Promise)
  await assert.rejects(answer, /The reader knows why/)
  writer.exec('alter table people rename to person')
  assert.deepEqual({ ...glance(nameOf('1')) }, { name: 'ada' })
  close()
  await assert.rejects(async () => glance(nameOf('2')), /The reader knows why/)
  assert.deepEqual(asked, ['1', '2'])
})
