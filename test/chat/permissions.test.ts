import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { allowedFor, permissions } from '../../src/chat/permissions.ts'
import type { Act } from '../../src/store/append.ts'
import { newKey } from '../support/guest.ts'
import { type Company, type Kind, openCompany, type Standing, verdict } from './company.ts'

let company: Company
before(async () => {
  company = await openCompany()
})
after(() => company.close())

const standings = ['owner', 'moderator', 'member', 'outsider', 'gone'] as const
const kinds: readonly Kind[] = ['private', 'public', 'archived', 'direct']
interface Place {
  id: string
  mine: number
  theirs: number
}
type Try = (who: { account: string; login: string }, at: Place, company: Company) => Promise<unknown>

/**
 * Each act with who may do it, written down once more: `+` yes, `-` forbidden, `?` no such message. One column for each of owner, moderator,
 * member; one block for each kind of room: private, public, archived, and a direct conversation, in which everybody is a member.
 * An act without a line here does not compile.
 */
const acts: Record<Act['act'], [what: string, expected: string, Try][]> = {
  post: [['posts', '+++ +++ --- +', (who, { id }, { messages }) => messages.post(who, { room: id, key: newKey(), text: 'hello' })]],
  edit: [
    ['edits their own', '+++ +++ --- +', (who, { id, mine }, { messages }) => messages.edit(who, { ...target(id, mine), text: 'new' })],
    ['edits another’s', '--- --- --- -', (who, { id, theirs }, { messages }) => messages.edit(who, { ...target(id, theirs), text: 'new' })],
  ],
  remove: [
    ['removes their own', '+++ +++ --- +', (who, { id, mine }, { messages }) => messages.remove(who, target(id, mine))],
    ['removes another’s', '++- ++- --- -', (who, { id, theirs }, { messages }) => messages.remove(who, target(id, theirs))],
  ],
  react: [
    [
      'reacts',
      '+++ +++ --- +',
      (who, { id, theirs }, { messages }) => messages.react(who, { ...target(id, theirs), emoji: '👍', on: true }),
    ],
    [
      'reacts to nothing',
      '??? ??? ??? ?',
      (who, { id }, { messages }) => messages.react(who, { ...target(id, 999), emoji: '👍', on: true }),
    ],
  ],
  read: [['marks as read', '+++ +++ +++ +', (who, { id, mine }, { messages }) => messages.read(who, id, mine)]],
  // Not an act in a room that is there; who makes one is its owner, whoever they are elsewhere.
  create: [['makes a room', '+++ +++ +++ +', (who, _, { rooms }) => rooms.create(who, { name: newKey(), kind: 'private' })]],
  join: [['joins where they are', '+++ +++ +++ +', (who, { id }, { rooms }) => rooms.join(who, id)]],
  leave: [['leaves', '+++ +++ +++ -', (who, { id }, { rooms }) => rooms.leave(who, id)]],
  add: [
    ['brings somebody in', '++- ++- --- -', (who, { id }, { rooms, people }) => rooms.add(who, id, people.newcomer.account)],
    [
      'brings in a moderator',
      '+-- +-- --- -',
      (who, { id }, { rooms, people }) => rooms.add(who, id, people.newcomer.account, 'moderator'),
    ],
    ['brings in an owner', '+-- +-- --- -', (who, { id }, { rooms, people }) => rooms.add(who, id, people.newcomer.account, 'owner')],
  ],
  expel: [
    ['shows a member out', '++- ++- --- -', (who, { id }, { rooms, people }) => rooms.remove(who, id, people.other.account)],
    ['shows an owner out', '+-- +-- --- -', (who, { id }, { rooms, people }) => rooms.remove(who, id, people.owner.account)],
  ],
  role: [
    ['raises another', '+-- +-- --- -', (who, { id }, { rooms, people }) => rooms.setRole(who, id, people.other.account, 'moderator')],
    ['raises themselves', '+-- +-- --- -', (who, { id }, { rooms }) => rooms.setRole(who, id, who.account, 'owner')],
    ['lowers the owner', '+-- +-- --- -', (who, { id }, { rooms, people }) => rooms.setRole(who, id, people.owner.account, 'member')],
  ],
  rename: [['renames it', '++- ++- --- -', (who, { id }, { rooms }) => rooms.rename(who, id, newKey())]],
  topic: [['sets the topic', '++- ++- --- -', (who, { id }, { rooms }) => rooms.setTopic(who, id, 'tea')]],
  archive: [
    ['archives it', '+-- +-- +-- -', (who, { id }, { rooms }) => rooms.archive(who, id, true)],
    ['brings it back', '+-- +-- +-- -', (who, { id }, { rooms }) => rooms.archive(who, id, false)],
  ],
}
const target = (room: string, seq: number) => ({ room, key: newKey(), seq })
const verdicts: Record<string, string> = { '+': 'yes', '-': 'forbidden', '?': 'no_such_message' }

/** What is expected of a standing: the table for those inside; for those outside a public room is theirs to join, and nothing else is there. */
function expectedOf(act: Act['act'], table: string, kind: Kind, standing: Standing): string {
  if (act === 'create') return 'yes'
  if (standing === 'outsider' || standing === 'gone') {
    if (kind !== 'public') return 'no_such_room'
    return act === 'join' ? 'yes' : 'not_member'
  }
  const column = kind === 'direct' ? 0 : standings.indexOf(standing)
  return verdicts[table.split(' ')[kinds.indexOf(kind)]?.[column] ?? ''] ?? 'a mark that is not there'
}

const standingIn = (kind: Kind): readonly Standing[] => (kind === 'direct' ? ['member', 'outsider'] : standings)

for (const [act, tries] of Object.entries(acts) as [Act['act'], (typeof acts)[Act['act']]][]) {
  for (const [what, table, doIt] of tries) {
    test(`who ${what}: only those who may, in every kind of room (AZN-01)`, async () => {
      const cells = kinds.flatMap((kind) => standingIn(kind).map((standing) => ({ kind, standing })))
      const found = await Promise.all(
        cells.map(async ({ kind, standing }) => {
          const place = await company.room(kind, standing)
          return `${kind} ${standing}: ${await verdict(doIt(company.people[standing], place, company))}`
        }),
      )
      assert.deepEqual(
        found,
        cells.map(({ kind, standing }) => `${kind} ${standing}: ${expectedOf(act, table, kind, standing)}`),
      )
    })
  }
}

test('every act has its rule and its line in the table; whoever is not named may not (AZN-01)', () => {
  assert.deepEqual(Object.keys(acts).sort(), Object.keys(permissions).sort())
  for (const { own, any } of Object.values(permissions)) {
    assert.ok(!any.some((role) => !own.includes(role)), 'nobody may do to another what they may not do to themselves')
    assert.ok(!own.includes('outsider' as never))
  }
  assert.deepEqual(allowedFor({ act: 'add', account: 'a', role: 'moderator' }), permissions.role)
})

const looks: [string, Try][] = [
  ['history', ({ account }, { id }, { messages }) => messages.history(account, id, { limit: 10 })],
  ['members', ({ account }, { id }, { rooms }) => rooms.members(account, id)],
  ['state', ({ account }, { id }, { rooms }) => rooms.state(account, id)],
]
for (const [what, look] of looks) {
  test(`the ${what} of a room is for those who are in it (AZN-01, AZN-02)`, async () => {
    for (const kind of kinds) {
      for (const standing of standingIn(kind)) {
        const isIn = standing !== 'outsider' && standing !== 'gone'
        const no = kind === 'public' && what !== 'state' ? 'not_member' : 'no_such_room'
        const place = await company.room(kind, standing)
        assert.equal(await verdict(look(company.people[standing], place, company)), isIn ? 'yes' : no, `${kind} ${standing}`)
      }
    }
  })
}
