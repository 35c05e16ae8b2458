import { didYouMean, nearest } from '../config/faults.ts'
import type { House } from '../house.ts'
import type { AccountEntry } from '../identity/accounts.ts'
import { Refusal } from '../protocol/codes.ts'
import type { RoomRow } from '../store/schema.ts'

/** @throws Refusal `invalid`, with the name that was probably meant. */
export async function findAccount({ accounts }: House, given: string): Promise<AccountEntry> {
  const found = (await accounts.find(given)) ?? (await accounts.get(given))
  if (found) return found
  const names = (await accounts.list()).map(({ name }) => name)
  throw new Refusal('invalid', `There is no account "${given}".${didYouMean(nearest(given, names))}`)
}

/**
 * By id or by name; a direct conversation has none that could be told.
 * @throws Refusal `no_such_room`; `conflict` when several rooms have that name, which only public ones may not.
 */
export async function findRoom({ store }: House, given: string): Promise<RoomRow> {
  const rooms = await store.db.selectFrom('room').selectAll().where('kind', '<>', 'direct').execute()
  const byId = rooms.find(({ id }) => id === given)
  if (byId) return byId
  const named = rooms.filter(({ fold }) => fold === given.normalize('NFKC').toLowerCase())
  const [room, ...more] = named
  if (room && more.length === 0) return room
  if (room)
    throw new Refusal('conflict', `${named.length} rooms are called "${given}". Give the id: ${named.map(({ id }) => id).join(', ')}.`)
  const names = rooms.map(({ name }) => name)
  throw new Refusal('no_such_room', `There is no room "${given}".${didYouMean(nearest(given, names))}`)
}
