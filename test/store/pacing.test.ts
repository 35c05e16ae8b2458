import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Act } from '../../src/store/append.ts'
import { openSqlite } from '../../src/store/sqlite.ts'

test('while there is no time to tell of a commit, what comes is gathered into the next one; a store that closes waits for nobody', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'parley-store-'))
  const store = await openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= store.close()
    return closed
  }
  t.after(async () => {
    await close()
    await rm(folder, { recursive: true })
  })
  const told: number[] = []
  store.append.onLanded((batch) => told.push(batch.reduce((sum, { events }) => sum + events.length, 0)))
  const does = (act: Act) => store.append.append({ room: 'tea', by: 'parley', at: 1000, allowed: { own: [], any: [] }, do: act })
  const post = (text: string) => does({ act: 'post', key: text.padEnd(16, '-'), text, names: [] })
  await does({ act: 'create', name: 'tea', kind: 'private', topic: '', members: [] })

  const calm: (() => void)[] = []
  store.append.paceBy((then) => calm.push(then))
  await post('first')
  const later = [post('second'), post('third')]
  await store.db.updateTable('meta').set({ name: 'nobody' }).where('name', '=', 'nothing').execute() // other work goes on
  assert.deepEqual(told, [1])
  calm.shift()?.()
  await Promise.all(later)
  assert.deepEqual(told, [1, 2])

  const last = post('fourth')
  await close()
  assert.ok('seq' in (await last))
})
