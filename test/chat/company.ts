import { createLocalBus } from '../../src/bus/local.ts'
import { type Actor, createLog, operator } from '../../src/chat/log.ts'
import { createMessages } from '../../src/chat/messages.ts'
import { createRooms } from '../../src/chat/rooms.ts'
import { Refusal } from '../../src/protocol/codes.ts'
import type { RoomKind, RoomRole } from '../../src/protocol/events.ts'
import { openHousehold } from '../identity/household.ts'
import { newKey } from '../support/guest.ts'

/** Who somebody is to a room: what they are in it, somebody who never was, or somebody who was shown out. */
export type Standing = RoomRole | 'outsider' | 'gone'
export type Kind = RoomKind | 'archived'

/** The rules over a real store, and people in every standing. */
export async function openCompany() {
  const household = await openHousehold()
  const { store, now } = household
  const bus = createLocalBus()
  const log = createLog({ append: store.append, bus, now, noteOperator: async () => undefined })
  const limits = () => ({ roomsPerAccount: 10_000, membersPerRoom: 500 })
  const rooms = createRooms({ db: store.db, log, reads: store.reads, limits })
  const messages = createMessages({ log, reads: store.reads, bus, pace: () => 0, textLength: () => 8_000 })

  let guests = 0
  const someone = async (name: string): Promise<Actor & { login: string }> => {
    const { id, account } = await household.someone(name)
    return { account: account.id, login: id }
  }
  const people = {
    owner: await someone('ada'),
    moderator: await someone('mia'),
    member: await someone('bob'),
    outsider: await someone('eve'),
    gone: await someone('dan'),
    /** Another member, to whom things are done. */
    other: await someone('kim'),
    newcomer: await someone('ned'),
  }

  /** A room with everybody in their place, and a message of `by` and of another member; the archived one is private. */
  async function room(kind: Kind, by: Standing) {
    const id = await found(kind)
    const post = async (who: Actor) => (await messages.post(who, { room: id, key: newKey(), text: 'words' })).seq
    const mine = by === 'outsider' ? 0 : await post(people[by])
    const theirs = await post(people.other)
    if (kind !== 'direct') await rooms.remove(people.owner, id, people.gone.account)
    if (kind === 'archived') await rooms.archive(people.owner, id, true)
    return { id, mine, theirs }
  }

  async function found(kind: Kind): Promise<string> {
    const { owner, moderator, member, gone, other } = people
    // A direct conversation is made once for the same people: each of these has another guest.
    if (kind === 'direct') return (await rooms.direct(member, [other.account, (await someone(`guest${++guests}`)).account])).id
    const members = [owner, moderator, member, gone, other].map(({ account }) => account)
    const id = await rooms.found(operator, { name: newKey(), kind: kind === 'public' ? 'public' : 'private', members })
    await rooms.setRole(operator, id, moderator.account, 'moderator')
    return id
  }

  return { ...household, rooms, messages, log, people, room }
}

export type Company = Awaited<ReturnType<typeof openCompany>>

/** 'yes', or the code of the refusal; anything else is thrown on. */
export const verdict = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'yes',
    (error) => {
      if (error instanceof Refusal) return error.code
      throw error
    },
  )
