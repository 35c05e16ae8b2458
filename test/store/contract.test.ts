import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { Act, Entry, Landed, Outcome } from '../../src/store/append.ts'
import type { Store } from '../../src/store/store.ts'
import { addPeople } from './people.ts'
import { type EmptyPlace, places } from './places.ts'

const everyone = { own: ['owner', 'moderator', 'member'], any: ['owner', 'moderator'] } as const

/** What every store promises, whatever database it is in. */
function storeContract(database: string, place: () => Promise<EmptyPlace>): void {
  let empty: EmptyPlace
  let store: Store
  let landed: Landed[]

  beforeEach(async () => {
    empty = await place()
    store = await open()
  })
  afterEach(async () => {
    await store.close()
    await empty.remove()
  })

  async function open(): Promise<Store> {
    const opened = await empty.open()
    landed = []
    opened.append.onLanded((batch) => landed.push(...batch))
    return opened
  }

  const people = (...names: string[]) => addPeople(store, ...names)
  const entry = (by: string, room: string, what: Act): Entry => ({ room, by, login: `login-${by}`, at: 1000, allowed: everyone, do: what })
  const does = (by: string, room: string, what: Act): Promise<Outcome> => store.append.append(entry(by, room, what))
  const key = (name: string) => name.padEnd(16, '-')
  const post = (text: string, name = text): Act => ({ act: 'post', key: key(name), text, names: [] })
  const teaRoom = (...members: string[]): Promise<Outcome> =>
    store.append.append({
      room: 'tea',
      by: 'parley',
      at: 1000,
      allowed: everyone,
      do: { act: 'create', name: 'tea', kind: 'private', topic: '', members: members.map((account) => ({ account, role: 'member' })) },
    })

  test(`${database}: posts that come together share a commit and get numbers without gaps`, async () => {
    await people('ada', 'bob')
    await teaRoom('ada', 'bob')
    landed.length = 0
    const outcomes = await Promise.all(Array.from({ length: 600 }, (_, i) => does(i % 2 ? 'ada' : 'bob', 'tea', post(`m${i}`))))
    assert.deepEqual(
      outcomes.map((outcome) => 'seq' in outcome && outcome.seq),
      Array.from({ length: 600 }, (_, i) => i + 3),
    )
    assert.ok(landed.length >= 3 && landed.length < 30, `${landed.length} commits`)
    assert.deepEqual(
      landed.flatMap(({ events }) => events.map(({ seq }) => seq)),
      Array.from({ length: 600 }, (_, i) => i + 3),
    )
  })

  test(`${database}: the same key is the same message, in one batch, later and after a restart; other words with it are a conflict (AZN-05)`, async () => {
    await people('ada')
    await teaRoom('ada')
    const [first, twin] = await Promise.all([does('ada', 'tea', post('hello')), does('ada', 'tea', post('hello'))])
    assert.deepEqual({ ...first, duplicate: true }, twin)
    await store.close()
    store = await open()
    assert.deepEqual(await does('ada', 'tea', post('hello')), twin)
    assert.deepEqual(await does('ada', 'tea', post('goodbye', 'hello')), {
      refused: 'conflict',
      message: 'That key was used for something else.',
    })
    assert.equal((await store.reads.history('ada', 'tea', { limit: 50 })).events.length, 1)
  })

  test(`${database}: a post after the login has ended is refused by the transaction itself`, async () => {
    await people('ada')
    await teaRoom('ada')
    await does('ada', 'tea', post('before'))
    await store.db.updateTable('login').set({ ended_at: 2 }).where('id', '=', 'login-ada').execute()
    assert.deepEqual(await does('ada', 'tea', post('after')), { refused: 'signed_out', message: 'Please sign in again.' })
  })

  test(`${database}: a member who is shown out writes and reads nothing more, and a private room is then not there at all (REV-05)`, async () => {
    await people('ada', 'bob')
    await teaRoom('ada', 'bob')
    const ada = does('ada', 'tea', { act: 'leave' })
    const late = does('ada', 'tea', post('too late'))
    assert.ok('seq' in (await ada))
    assert.deepEqual(await late, { refused: 'no_such_room', message: 'There is no such room.' })
    await assert.rejects(store.reads.history('ada', 'tea', { limit: 50 }), { code: 'no_such_room' })
    assert.deepEqual(await store.reads.open('ada', [{ room: 'tea' }]), [{ room: 'tea', refused: 'no_such_room' }])
  })

  test(`${database}: pages show messages as they are now: edited, removed, with reactions`, async () => {
    await people('ada', 'bob')
    await teaRoom('ada', 'bob')
    await does('ada', 'tea', post('helo'))
    await does('ada', 'tea', post('secret', 'm2'))
    await does('ada', 'tea', { act: 'edit', key: key('e1'), target: 3, text: 'hello', names: [] })
    await does('bob', 'tea', { act: 'react', key: key('r1'), target: 3, emoji: '👍', on: true })
    await does('ada', 'tea', { act: 'edit', key: key('e2'), target: 4, text: 'more secret', names: [] })
    await does('ada', 'tea', { act: 'remove', key: key('x1'), target: 4 })
    const { events } = await store.reads.history('bob', 'tea', { limit: 50 })
    assert.deepEqual(
      events.map(({ seq, by, ...event }) => ({
        seq,
        by,
        ...(event.kind === 'message' ? { text: event.text, rev: event.rev, reactions: event.reactions, removed: event.removed } : {}),
      })),
      [
        { seq: 3, by: 'ada', text: 'hello', rev: 6, reactions: [{ emoji: '👍', accounts: ['bob'] }], removed: undefined },
        { seq: 4, by: 'ada', text: undefined, rev: 8, reactions: undefined, removed: true },
      ],
    )
    const [opened] = await store.reads.open('bob', [{ room: 'tea', after: 0 }])
    assert.ok(opened && 'events' in opened && !opened.more)
    assert.ok(!JSON.stringify(opened).includes('secret'), 'removed words are gone from every page')
    assert.deepEqual(await does('bob', 'tea', { act: 'edit', key: key('e3'), target: 3, text: 'mine now', names: [] }), {
      refused: 'forbidden',
      message: 'You may not do that.',
    })
  })

  test(`${database}: unread is derived: a post moves its author’s mark, a read moves one’s own, never back and never past the end`, async () => {
    await people('ada', 'bob')
    await teaRoom('ada', 'bob')
    await does('ada', 'tea', { act: 'post', key: key('m1'), text: '@bob hi', names: ['bob'] })
    await does('ada', 'tea', post('again'))
    const [adas] = await store.reads.rooms('ada')
    const [bobs] = await store.reads.rooms('bob')
    assert.deepEqual([adas?.n, adas?.readN, adas?.mentions, bobs?.n, bobs?.readN, bobs?.mentions], [2, 2, 0, 2, 0, 1])
    assert.deepEqual(await does('bob', 'tea', { act: 'read', seq: 999 }), { read: 4, readN: 2, moved: true })
    assert.deepEqual(await does('bob', 'tea', { act: 'read', seq: 3 }), { read: 4, readN: 2, moved: false })
    assert.equal((await store.reads.room('bob', 'tea'))?.mentions, 0)
  })

  test(`${database}: opening with a cursor continues, resets or says it is from the future`, async () => {
    await people('ada')
    await teaRoom('ada')
    for (let i = 0; i < 5; i++) await does('ada', 'tea', post(`m${i}`))
    const [all] = await store.reads.open('ada', [{ room: 'tea', after: 0 }])
    assert.ok(all && 'events' in all)
    const third = all.events[2]
    assert.deepEqual(
      (
        await store.reads.open('ada', [
          { room: 'tea', after: 3, id: third?.id ?? '' },
          { room: 'tea', after: 3, id: 'another' },
          { room: 'tea', after: 99 },
        ])
      ).map((opened) => ('events' in opened ? opened.events.map(({ seq }) => seq) : 'reset' in opened && opened.reset)),
      [[4, 5, 6], 'mismatch', 'future'],
    )
  })

  test(`${database}: long texts make an answer stop at its bound and say more`, async () => {
    await people('ada')
    await teaRoom('ada')
    await Promise.all(Array.from({ length: 60 }, (_, i) => does('ada', 'tea', post('x'.repeat(8000), `m${i}`))))
    const [opened] = await store.reads.open('ada', [{ room: 'tea', after: 0 }])
    assert.ok(opened && 'events' in opened && opened.more)
    assert.ok(JSON.stringify(opened.events).length <= 256 * 1024)
  })

  test(`${database}: a NUL, which one of the databases cannot keep, is found nowhere and harms nobody who writes at the same time`, async () => {
    await people('ada')
    await teaRoom('ada')
    const [beside, lost] = await Promise.all([does('ada', 'tea', post('beside')), does('ada', 'te\0a', post('lost'))])
    assert.ok('seq' in beside)
    assert.ok('refused' in lost && ['no_such_room', 'invalid'].includes(lost.refused))
    const asked = store.db.selectFrom('account').select('id').where('id', '=', 'ad\0a').execute()
    assert.deepEqual(await asked.catch((error: { code: string }) => error.code), database === 'SQLite' ? [] : 'invalid')
    await assert.rejects(store.reads.history('ada', 'te\0a', { limit: 1 }), (error: { code: string }) =>
      ['no_such_room', 'invalid'].includes(error.code),
    )
  })

  test(`${database}: many steps of a transaction have the writer alone, and posts go on before and after`, async () => {
    await people('ada')
    await teaRoom('ada')
    const posts = Array.from({ length: 50 }, (_, i) => does('ada', 'tea', post(`a${i}`)))
    await store.db.transaction().execute(async (tx) => {
      await tx.updateTable('account').set({ display: 'Ada' }).where('id', '=', 'ada').execute()
      assert.equal((await tx.selectFrom('account').select('display').where('id', '=', 'ada').executeTakeFirst())?.display, 'Ada')
    })
    await assert.rejects(
      store.db.transaction().execute(async (tx) => {
        await tx.updateTable('account').set({ display: 'Eve' }).where('id', '=', 'ada').execute()
        throw new Error('changed my mind')
      }),
      /changed my mind/,
    )
    assert.ok((await Promise.all(posts)).every((outcome) => 'seq' in outcome))
    assert.equal((await store.db.selectFrom('account').select('display').executeTakeFirst())?.display, 'Ada')
  })
}

for (const [database, place] of Object.entries(places)) storeContract(database, place)
