import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setImmediate as turnEnd } from 'node:timers/promises'
import { sql } from 'kysely'
import pino from 'pino'
import { createObservation } from '../../src/ops/observation.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { Visitor } from '../http/visitor.ts'
import { newKey } from '../support/guest.ts'
import { certificate, startHouse } from '../support/house.ts'
import { Figures } from './figures.ts'

/** Lets the database grow by no more than `pages` of 4 KiB: beyond it SQLite says SQLITE_FULL, as it does when the disk is full. */
async function leaveRoom({ db }: Store, pages: number): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(db)
  await sql`pragma max_page_count = ${sql.raw(String((rows[0]?.page_count ?? 0) + pages))}`.execute(db)
}
const plenty = 1_000_000

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'parley-full-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  return made
}

const fast = { PARLEY__LIMITS__POSTSPERSECOND: '100000', PARLEY__LIMITS__POSTBURST: '100000' }

test('a full disk refuses what it cannot keep, says so, loses nothing that was acknowledged, and recovers when there is room', async (t) => {
  const place = folder(t)
  let house = await startHouse({ folder: place, settings: fast })
  let isOpen = true
  const close = async () => {
    if (isOpen) await house.close()
    isOpen = false
  }
  t.after(close)
  const [ada, bob] = await house.people('ada', 'bob')
  const room = await house.room('tea', [ada, bob])
  const [a, b] = [await house.connect(ada), await house.connect(bob)]
  await b.open(room)
  const browser = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
  t.after(() => browser.close())
  assert.equal((await browser.get('/readyz')).status, 200)

  await leaveRoom(house.service.house.store, 20)
  const kept: string[] = []
  const key = newKey()
  let refused = await a.post(room, `0 ${'x'.repeat(4000)}`, key)
  for (let i = 1; refused.type === 'ok' && i < 100; i++) {
    kept.push(refused.id as string)
    refused = await a.post(room, `${i} ${'x'.repeat(4000)}`)
  }
  assert.ok(kept.length > 3)
  assert.deepEqual([refused.code, refused.retryable], ['unavailable', true])
  const many = Array.from({ length: 50 }, (_, i) => a.say('post', { room, key: newKey(), text: `many ${i} ${'x'.repeat(4000)}` }))
  for (const ref of many) assert.equal((await a.answerTo(ref)).code, 'unavailable')

  assert.deepEqual(house.service.ready(), { ok: false, reasons: ['store'] })
  const probe = await browser.get('/readyz')
  assert.deepEqual([probe.status, probe.json], [503, { ok: false, reasons: ['store'] }])
  assert.equal((await a.post(room, `0 ${'x'.repeat(4000)}`, key)).duplicate, true, 'what is there can still be told')
  assert.equal(house.service.ready().ok, false, 'and telling it is no proof of room')
  const red = new Figures(await house.service.metrics())
  assert.ok(red.get('parley_store_errors_total', { kind: 'full', thread: 'writer' }) >= 51)
  assert.equal(red.get('parley_not_ready', { reason: 'store' }), 1)

  await leaveRoom(house.service.house.store, plenty)
  const again = await a.post(room, 'there is room again')
  assert.equal(again.type, 'ok')
  kept.push(again.id as string)
  assert.deepEqual(house.service.ready(), { ok: true, reasons: [] })
  await b.hearsText('there is room again')
  await close()

  house = await startHouse({ folder: place, settings: fast })
  isOpen = true
  const reader = await house.connect(await house.person('bob'))
  await reader.open(room, { after: 0 })
  const seen = reader.events(room).flatMap((event) => (event.kind === 'message' ? [event.id] : []))
  assert.deepEqual(seen, kept, 'each that was acknowledged, once and in order, and none that was refused')
  assert.deepEqual(
    reader.events(room).map(({ seq }) => seq),
    reader.events(room).map((_, i) => i + 1),
  )
})

test('a server to which nobody is sent finds out by itself that there is room again', async (t) => {
  const lines: string[] = []
  const observation = createObservation({
    probe: () => store.probe(),
    log: pino({}, { write: (line: string) => void lines.push(line) }),
    probeEvery: 1,
  })
  const store = await openSqlite({ file: join(folder(t), 'parley.db'), onFatal: assert.fail, meter: observation.meters.store })
  t.after(async () => {
    observation.close()
    await store.close()
  })
  await leaveRoom(store, 1)
  await assert.rejects(store.probe(), { code: 'unavailable' })
  assert.deepEqual(observation.reasons(), ['store'])
  await leaveRoom(store, plenty)
  while (observation.reasons().length > 0) await turnEnd()
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { event: string }).event),
    ['sys_unavailable', 'store_recovered'],
  )
})
