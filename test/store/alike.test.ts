import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { Act, Entry, Landed, Outcome } from '../../src/store/append.ts'
import { openPostgres } from '../../src/store/postgres.ts'
import { openSqlite } from '../../src/store/sqlite.ts'
import type { Store } from '../../src/store/store.ts'
import { sharedPostgres } from '../support/postgres.ts'
import { addPeople } from './people.ts'

const names = ['ada', 'bob', 'eve'] as const
const seed = Number(process.env.PARLEY_SEED ?? Math.trunc(Math.random() * 2 ** 31))
const more = Number(process.env.PARLEY_MORE ?? 1)
let folder: string
let stores: Store[]
const landed = new Map<Store, Landed[]>()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'parley-alike-'))
  const place = await (await sharedPostgres()).database()
  stores = [
    await openSqlite({ file: join(folder, 'parley.db'), onFatal: assert.fail }),
    await openPostgres({ place, limits: { poolSize: 2, statementTimeout: 10_000 } }),
  ]
  for (const store of stores) {
    await addPeople(store, ...names, 'dave')
    await store.db.updateTable('account').set({ disabled_at: 2 }).where('id', '=', 'dave').execute()
    store.append.onLanded((batch) => landed.get(store)?.push(...batch))
  }
})
after(async () => {
  for (const store of stores) await store.close()
  await rm(folder, { recursive: true })
})

const member = fc.constantFrom(...names)
const anyone = fc.constantFrom(...names, ...names, 'dave', 'mallory')
const key = fc.integer({ min: 1, max: 12 }).map((n) => `key-${n}`.padEnd(16, '-'))
const seq = fc.integer({ min: 1, max: 18 })
const words = fc.constantFrom('tea', 'more tea', 'cake')
const role = fc.constantFrom('owner' as const, 'moderator' as const, 'member' as const)
const mentioned = fc.constantFrom<string[][]>([], [], ['ada'], ['bob', 'eve', 'nobody'], ['dave'])

const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ act: fc.constant('post' as const), key, text: words, names: mentioned }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('post' as const), key, text: words, replyTo: seq, names: mentioned }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('edit' as const), key, target: seq, text: words, names: mentioned }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('remove' as const), key, target: seq }) },
  {
    weight: 5,
    arbitrary: fc.record({ act: fc.constant('react' as const), key, target: seq, emoji: fc.constantFrom('👍', '🎉'), on: fc.boolean() }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('read' as const), seq }) },
  { weight: 3, arbitrary: fc.constant<Act>({ act: 'join' }) },
  { weight: 2, arbitrary: fc.constant<Act>({ act: 'leave' }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant('add' as const), account: anyone, role }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('expel' as const),
      account: anyone,
      why: fc.constantFrom('removed' as const, 'banned' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('role' as const), account: anyone, role }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('rename' as const), name: words }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('topic' as const), topic: words }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('archive' as const), on: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('create' as const),
      name: words,
      kind: fc.constantFrom('public' as const, 'private' as const),
      topic: fc.constant(''),
      members: fc.uniqueArray(fc.record({ account: anyone, role }), { selector: ({ account }) => account, maxLength: 3 }),
    }),
  },
)

interface Said {
  by: string
  room: string
  known: boolean
  act: Act
}
const said = fc.record({
  by: fc.oneof({ weight: 9, arbitrary: member }, { weight: 1, arbitrary: fc.constantFrom('parley', 'dave') }),
  room: fc.constantFrom('a', 'a', 'b', 'c'),
  known: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  act,
})

/** The ids of rooms and the names of public ones belong to one story; of people there is one set. */
function entryOf(story: string, { by, room, known, act: what }: Said): Entry {
  const named = 'name' in what ? { ...what, name: `${what.name} ${story}` } : what
  return {
    room: `${room}${story}`,
    by,
    ...(by === 'parley' ? {} : { login: `login-${by}` }),
    at: 1000,
    allowed: { own: ['owner', 'moderator', 'member'], any: ['owner', 'moderator'] },
    ...(known && { known: true }),
    do: named,
  }
}

/** Without what two runs of one and the same store would differ in: ids, and the order in which people are mentioned. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, inside: unknown) => {
      if (name === 'id' && typeof inside === 'string' && inside.length > 8) return undefined
      if (name === 'mentions' && Array.isArray(inside)) return [...inside].sort()
      return inside
    }),
  )

async function play(store: Store, story: string, batches: Said[][]): Promise<unknown> {
  landed.set(store, [])
  const outcomes: Outcome[][] = []
  for (const batch of batches) outcomes.push(await Promise.all(batch.map((one) => store.append.append(entryOf(story, one)))))
  const rooms = ['a', 'b', 'c'].map((room) => `${room}${story}`)
  const seen = []
  for (const name of names) {
    seen.push((await store.reads.rooms(name)).filter(({ id }) => rooms.includes(id)))
    seen.push(
      await store.reads.open(
        name,
        rooms.map((room) => ({ room, after: 0 })),
      ),
    )
    for (const room of rooms) seen.push(await store.reads.history(name, room, { limit: 5 }).catch((error: Error) => error.message))
  }
  const rows = []
  for (const table of ['member', 'reaction', 'mention', 'head'] as const) {
    const found = await store.db.selectFrom(table).selectAll().where('room', 'in', rooms).execute()
    rows.push(
      found
        .filter((row) => !('last' in row) || row.last > 0)
        .map((row) => JSON.stringify(Object.entries(row).sort()))
        .sort(),
    )
  }
  return plain({ outcomes, landed: landed.get(store), seen, rows })
}

test(`whatever people do, in whatever batches, both databases answer, tell and keep the same (seed ${seed})`, async () => {
  let stories = 0
  const batches = fc.array(fc.array(said, { minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 6 })
  const founding: Said[] = ['a', 'b'].map((room) => ({
    by: 'parley',
    room,
    known: false,
    act: {
      act: 'create',
      name: `founded ${room}`,
      kind: room === 'a' ? 'public' : 'private',
      topic: '',
      members: names.map((account, i) => ({ account, role: i === 0 ? 'owner' : 'member' })),
    },
  }))
  await fc.assert(
    fc.asyncProperty(batches, async (told) => {
      const story = `-${++stories}`
      const [sqlite, postgres] = await Promise.all(stores.map((store) => play(store, story, [founding, ...told])))
      assert.deepEqual(postgres, sqlite)
    }),
    { numRuns: 15 * more, seed },
  )
})
