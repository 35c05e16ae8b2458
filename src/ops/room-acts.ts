import * as v from 'valibot'
import { act, name, nothing, operator } from './act.ts'
import { findAccount, findRoom } from './lookup.ts'

export interface RoomEntry {
  id: string
  name: string
  kind: 'public' | 'private'
  topic?: string
  /** How many accounts are in it, and how many messages. */
  members: number
  messages: number
  archived: boolean
  createdAt: number
}

export const roomAdd = act({
  input: v.object({
    name,
    kind: v.optional(v.picklist(['public', 'private'], 'must be public or private'), 'public'),
    members: v.optional(v.pipe(v.array(name, 'must be a list of names'), v.maxLength(1_000, 'must name at most 1000'))),
    topic: v.optional(v.pipe(v.string('must be text'), v.maxLength(500, 'must be at most 500 characters'))),
  }),
  event: 'room_created',
  async run({ house }, { name, kind, members = [], topic }) {
    const accounts = await Promise.all(members.map((member) => findAccount(house, member)))
    const ids = accounts.map(({ id }) => id)
    const id = await house.rooms.found(operator, { name, kind, members: ids, ...(topic && { topic }) })
    const made = await findRoom(house, id)
    return {
      id,
      name: made.name,
      kind,
      ...(made.topic && { topic: made.topic }),
      members: [...new Set(accounts.map((account) => account.name))],
    }
  },
  about: (_, made) => ({ room: made.id, kind: made.kind }),
})

/** Public and private ones. Direct conversations are the business of who is in them. */
export const roomList = act({
  input: nothing,
  event: 'room_listed',
  onlyReads: true,
  async run({ house }): Promise<RoomEntry[]> {
    const rows = await house.store.db
      .selectFrom('room as r')
      .leftJoin('head as h', 'h.room', 'r.id')
      .select((eb) => [
        'r.id',
        'r.name',
        'r.kind',
        'r.topic',
        'r.archived_at',
        'r.created_at',
        'h.n',
        eb
          .selectFrom('member as m')
          .whereRef('m.room', '=', 'r.id')
          .select((inner) => inner.fn.countAll<number>().as('count'))
          .as('members'),
      ])
      .where('r.kind', '<>', 'direct')
      .orderBy('r.fold')
      .orderBy('r.id')
      .execute()
    return rows.map((row) => ({
      id: row.id,
      name: row.name,
      kind: row.kind === 'public' ? 'public' : 'private',
      ...(row.topic && { topic: row.topic }),
      members: Number(row.members ?? 0),
      messages: row.n ?? 0,
      archived: row.archived_at !== null,
      createdAt: row.created_at,
    }))
  },
})

/** Nobody can post there any more; all can still read. */
export const roomArchive = act({
  input: v.object({ room: name, on: v.optional(v.boolean('must be true or false'), true) }),
  event: 'room_archived',
  async run({ house }, { room, on }) {
    const found = await findRoom(house, room)
    if ((found.archived_at !== null) !== on) await house.rooms.archive(operator, found.id, on)
    return { id: found.id, name: found.name, archived: on }
  },
  about: (_, made) => ({ room: made.id, on: made.archived }),
})
