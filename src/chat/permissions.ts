import type { RoomRole } from '../protocol/events.ts'
import type { Act, Allowed } from '../store/append.ts'

const all: readonly RoomRole[] = ['owner', 'moderator', 'member']
const leaders: readonly RoomRole[] = ['owner', 'moderator']
const owners: readonly RoomRole[] = ['owner']
const nobody: readonly RoomRole[] = []

/**
 * Who may do what in a room: `own` on what is one's own or names nobody else, `any` on what is another's.
 * The append holds it inside its transaction. An act without a line here does not compile.
 */
export const permissions: Record<Act['act'], Allowed> = {
  post: { own: all, any: nobody },
  edit: { own: all, any: nobody },
  remove: { own: all, any: leaders },
  react: { own: all, any: all },
  read: { own: all, any: nobody },
  create: { own: all, any: nobody },
  join: { own: all, any: nobody },
  leave: { own: all, any: nobody },
  add: { own: leaders, any: leaders },
  expel: { own: leaders, any: leaders },
  role: { own: owners, any: owners },
  rename: { own: leaders, any: leaders },
  topic: { own: leaders, any: leaders },
  archive: { own: owners, any: owners },
}

/** Bringing somebody in as more than a member gives a role, and takes who may do that. */
export const allowedFor = (act: Act): Allowed => permissions[act.act === 'add' && act.role !== 'member' ? 'role' : act.act]
