import { randomBytes } from 'node:crypto'
import type { Kysely } from 'kysely'
import { Refusal } from '../protocol/codes.ts'
import type { Account, RoomKind, RoomRole, RoomState } from '../protocol/events.ts'
import { invisible } from '../protocol/names.ts'
import type { Reads } from '../store/reads.ts'
import type { Tables } from '../store/schema.ts'
import type { Actor, Log, RoomAct } from './log.ts'
import type { Pace } from './pace.ts'
import { createPeople } from './people.ts'

interface Deps {
  db: Kysely<Tables>
  log: Log
  reads: Reads
  limits: () => { roomsPerAccount: number; membersPerRoom: number }
  pace?: Pace
}

export interface PublicRoom {
  id: string
  name: string
  topic?: string
  members: number
  joined: boolean
}
export interface Member {
  account: Account
  role: RoomRole
}

/** Which rooms there are, who is in them, and how one gets in and out. */
export function createRooms({ db, log, reads, limits, pace = () => 0 }: Deps) {
  /** The leading letter leaves space for the name of a shard. */
  const newId = () => `r${randomBytes(9).toString('base64url')}`

  /** At its login's pace, as messages are: each costs every member a line of history. */
  async function act(who: Actor, room: string, what: RoomAct): Promise<{ seq: number }> {
    const retryAfterMs = who.login === undefined ? 0 : pace(who.login)
    if (retryAfterMs > 0) throw new Refusal('rate_limited', undefined, { retryAfterMs })
    const { seq } = await log.note(who, room, what)
    return { seq }
  }

  async function state(account: string, room: string): Promise<RoomState> {
    const found = await reads.room(account, room)
    if (!found) throw new Refusal('no_such_room')
    return found
  }

  async function checkRoomFor(accounts: string[]): Promise<void> {
    const { n } = await db
      .selectFrom('member')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('account', 'in', accounts)
      .groupBy('account')
      .orderBy('n', 'desc')
      .limit(1)
      .executeTakeFirst()
      .then((row) => row ?? { n: 0 })
    if (n >= limits().roomsPerAccount) throw new Refusal('room_full', `An account can be in at most ${limits().roomsPerAccount} rooms.`)
  }

  async function checkSpace(room: string): Promise<void> {
    const { n } = await db
      .selectFrom('member')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .where('room', '=', room)
      .executeTakeFirstOrThrow()
    if (n >= limits().membersPerRoom) throw new Refusal('room_full', `A room can have at most ${limits().membersPerRoom} members.`)
  }

  /** @param members account ids beside the maker, who becomes the owner; of the operator's rooms the first member is. */
  async function create(who: Actor, given: { name: string; kind: RoomKind; members?: string[]; topic?: string }): Promise<string> {
    const accounts = [...new Set([...(who.login === undefined ? [] : [who.account]), ...(given.members ?? [])])]
    if (accounts.length > limits().membersPerRoom) throw new Refusal('room_full')
    if (accounts.length > 0) await checkRoomFor(accounts)
    const id = newId()
    const members = accounts.map((account, i) => ({ account, role: i === 0 ? ('owner' as const) : ('member' as const) }))
    await log.note(who, id, { act: 'create', name: cleanName(given.name), kind: given.kind, topic: given.topic ?? '', members })
    return id
  }

  /** The room of just these people: made once, found ever after. */
  async function direct(who: Actor, others: string[]): Promise<string> {
    const accounts = [...new Set([who.account, ...others])].sort()
    if (accounts.length > 10) throw new Refusal('room_full', 'A direct conversation has at most ten people.')
    const together = accounts.join(' ')
    const there = await db.selectFrom('room').select('id').where('direct', '=', together).executeTakeFirst()
    if (there) return there.id
    await checkRoomFor(accounts)
    const id = newId()
    const members = accounts.map((account) => ({ account, role: 'member' as const }))
    try {
      await log.note(who, id, { act: 'create', name: '', kind: 'direct', topic: '', direct: together, members })
      return id
    } catch (error) {
      if (error instanceof Refusal && error.code === 'conflict') return error.message
      throw error
    }
  }

  async function members(account: string, room: string): Promise<Member[]> {
    const rows = await db
      .selectFrom('member as mine')
      .innerJoin('member as m', 'm.room', 'mine.room')
      .innerJoin('account as a', 'a.id', 'm.account')
      .select(['a.id', 'a.name', 'a.display', 'a.role', 'm.role as room_role'])
      .where('mine.account', '=', account)
      .where('mine.room', '=', room)
      .orderBy('a.fold')
      .limit(limits().membersPerRoom)
      .execute()
    if (rows.length === 0) await refuseOutsider(room)
    return rows.map(({ room_role, ...row }) => ({ account: row, role: room_role }))
  }

  /** A private room that one is not in is not there. @throws Refusal always. */
  async function refuseOutsider(room: string): Promise<never> {
    const found = await db.selectFrom('room').select('kind').where('id', '=', room).executeTakeFirst()
    throw new Refusal(found?.kind === 'public' ? 'not_member' : 'no_such_room')
  }

  async function publicOnes(account: string): Promise<PublicRoom[]> {
    const rows = await db
      .selectFrom('room as r')
      .leftJoin('member as m', 'm.room', 'r.id')
      .select((eb) => ['r.id', 'r.name', 'r.topic', eb.fn.count<number>('m.account').as('members')])
      .select((eb) => eb.fn.sum<number>(eb.case().when('m.account', '=', account).then(1).else(0).end()).as('joined'))
      .where('r.kind', '=', 'public')
      .where('r.archived_at', 'is', null)
      .groupBy(['r.id', 'r.name', 'r.topic', 'r.fold'])
      .orderBy('r.fold')
      .limit(1000)
      .execute()
    return rows.map(({ id, name, topic, members: count, joined }) => ({
      id,
      name,
      ...(topic ? { topic } : {}),
      members: Number(count),
      joined: Number(joined) > 0,
    }))
  }

  return {
    /** All that `welcome` lists. */
    list: (account: string): Promise<RoomState[]> => reads.rooms(account),
    state,
    public: publicOnes,
    find: (account: string, room: string) => reads.room(account, room),
    create: async (who: Actor, given: { name: string; kind: RoomKind; members?: string[] }) => state(who.account, await create(who, given)),
    /** For the operator, who is in no room: only the id. */
    found: create,
    direct: async (who: Actor, others: string[]) => state(who.account, await direct(who, others)),
    members,
    ...createPeople(db),
    async join(who: Actor, room: string): Promise<{ seq: number }> {
      await Promise.all([checkRoomFor([who.account]), checkSpace(room)])
      return act(who, room, { act: 'join' })
    },
    leave: (who: Actor, room: string) => act(who, room, { act: 'leave' }),
    async add(who: Actor, room: string, account: string, role: RoomRole = 'member'): Promise<{ seq: number }> {
      await Promise.all([checkRoomFor([account]), checkSpace(room)])
      return act(who, room, { act: 'add', account, role })
    },
    remove: (who: Actor, room: string, account: string) => act(who, room, { act: 'expel', account, why: 'removed' }),
    setRole: (who: Actor, room: string, account: string, role: RoomRole) => act(who, room, { act: 'role', account, role }),
    rename: async (who: Actor, room: string, name: string) => act(who, room, { act: 'rename', name: cleanName(name) }),
    setTopic: (who: Actor, room: string, topic: string) => act(who, room, { act: 'topic', topic }),
    archive: (who: Actor, room: string, on: boolean) => act(who, room, { act: 'archive', on }),
  }
}

export type Rooms = ReturnType<typeof createRooms>

/** NFC, no character that is not seen, single spaces. @throws Refusal `invalid` */
function cleanName(given: string): string {
  const name = given.normalize('NFC').replace(/\s+/gu, ' ').trim()
  if (name === '' || [...name].length > 80 || invisible.test(name)) {
    throw new Refusal('invalid', 'name: must be 1–80 printable characters')
  }
  return name
}
