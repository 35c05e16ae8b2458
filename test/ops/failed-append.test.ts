import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { says } from '../store/says.ts'
import { newKey } from '../support/guest.ts'
import { startHouse, type TestHouse } from '../support/house.ts'
import { Figures } from './figures.ts'

/** The store itself then refuses each message that begins with `bad`, or all, as if a rule of ours were wrong or a right had been taken away. */
const breaking = {
  sqlite: async ({ service }: TestHouse) => {
    await sql`create trigger broken before insert on event when new.text like 'bad%' begin select raise(abort, 'broken'); end`.execute(
      service.house.store.db,
    )
  },
  postgres: async ({ service }: TestHouse, code: string, when = 'true') => {
    const { db } = service.house.store
    await sql`create or replace function broken() returns trigger language plpgsql as ${sql.raw(
      `$$begin if ${when} then raise exception 'broken' using errcode = '${code}', detail = new.text; end if; return new; end$$`,
    )}`.execute(db)
    await sql`create or replace trigger broken before insert on event for each row execute function broken()`.execute(db)
  },
}

/** The lines about batches that failed. */
const failures = ({ log }: TestHouse): { err: { code: unknown; message: string; stack: string }; request?: string }[] =>
  log.map((line) => JSON.parse(line)).filter(({ event, text }) => event === 'store_failed' && text === 'append')
const figures = async ({ service }: TestHouse) => new Figures(await service.metrics())

for (const store of ['sqlite', 'postgres'] as const) {
  test(`${store}: a message that cannot be written for a fault of ours is refused alone; the log says why, in a line a batch and without its words`, async (t) => {
    const house = await startHouse({ store })
    t.after(() => house.close())
    const [ada] = await house.people('ada')
    const room = await house.room('tea', [ada])
    const guest = await house.connect(ada)
    await (store === 'sqlite' ? breaking.sqlite(house) : breaking.postgres(house, '23514', "new.text like 'bad%'"))
    const sent = ['bad one', 'good', 'bad two'].map((text) => guest.say('post', { room, key: newKey(), text }))
    const answers = await Promise.all(sent.map((ref) => guest.answerTo(ref)))
    assert.deepEqual(
      answers.map(({ type, code }) => code ?? type),
      ['internal', 'ok', 'internal'],
    )
    assert.equal((await guest.post(room, 'fine')).type, 'ok')
    const told = failures(house)
    const before = told.length
    const topics = Array.from({ length: 20 }, (_, i) =>
      says(house.service.house.store, 'parley', { act: 'topic', topic: `bad ${i}` }, room),
    )
    assert.ok((await Promise.all(topics)).every((outcome) => 'refused' in outcome && outcome.refused === 'internal'))
    assert.equal(failures(house).length - before, 1, 'a line for a batch, however many of it failed')
    assert.equal(told[0]?.err.code, store === 'sqlite' ? 1811 : '23514')
    assert.equal(told[0]?.err.message, 'broken')
    assert.match(told[0]?.err.stack ?? '', /^\s+at /)
    assert.ok(!house.log.join('').includes('bad one'), 'what she wrote is nobody’s business')
    const now = await figures(house)
    assert.equal(now.get('parley_faults_total', { place: 'frame' }), 2)
    assert.equal(now.get('parley_store_errors_total', { kind: 'other', thread: 'writer' }), 22)
    assert.equal(house.service.ready().ok, true, 'one message is not the store')
  })
}

test('a right that was taken away refuses every message: the log says which, nobody is sent here, until one is written again', async (t) => {
  const house = await startHouse({ store: 'postgres' })
  t.after(() => house.close())
  const [ada] = await house.people('ada')
  const room = await house.room('tea', [ada])
  const guest = await house.connect(ada)
  await breaking.postgres(house, '42501')
  assert.equal((await guest.post(room, 'hello')).code, 'unavailable')
  const [told] = failures(house)
  assert.equal(told?.err.code, '42501')
  // Whether it still is: meanwhile the store may have been tried, elsewhere than in this table.
  assert.ok(house.log.some((line) => line.includes('sys_unavailable')))
  assert.equal((await figures(house)).get('parley_store_errors_total', { kind: 'other', thread: 'writer' }), 1)
  await sql`drop trigger broken on event`.execute(house.service.house.store.db)
  assert.equal((await guest.post(room, 'hello')).type, 'ok')
  assert.deepEqual(house.service.ready(), { ok: true, reasons: [] })
})
