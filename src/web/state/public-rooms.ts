import type { RoomKind } from '../../protocol/events.ts'
import { call } from './http.ts'

export interface PublicRoom {
  id: string
  name: string
  kind: RoomKind
  topic?: string
  /** Of those one is not in. */
  members?: number
  joined: boolean
}

/** @throws Problem */
export async function findRooms(): Promise<PublicRoom[]> {
  const found = await call<PublicRoom[]>('GET', 'rooms')
  return found
    .filter(({ kind }) => kind === 'public')
    .sort((one, other) => Number(one.joined) - Number(other.joined) || one.name.localeCompare(other.name))
}
