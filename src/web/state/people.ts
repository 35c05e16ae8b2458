import { signal } from '@preact/signals'
import type { Account, RoomRole, RoomState } from '../../protocol/events.ts'
import type { PresenceState } from '../../protocol/server-frames.ts'
import type { Client } from '../../sdk/client.ts'
import { words } from '../words.ts'
import { me } from './chat.ts'
import { call } from './http.ts'
import { instance } from './instance.ts'

export interface Member {
  account: Account
  role: RoomRole
}

const none: readonly Member[] = []

export const people = signal<ReadonlyMap<string, Account>>(new Map())
export const presence = signal<ReadonlyMap<string, PresenceState>>(new Map())
/** How many answers about names are on their way. */
const asking = signal(0)
const members = signal<ReadonlyMap<string, readonly Member[]>>(new Map())

export const membersOf = (room: string): readonly Member[] => members.value.get(room) ?? none
export const presenceOf = (account: string): PresenceState => (account === me.value ? 'active' : (presence.value.get(account) ?? 'offline'))
export const nameOf = (account: string): string =>
  people.value.get(account)?.display ?? (account === operator ? instance : asking.value > 0 || wonder(account) ? '…' : words.someone)

/** A direct room is called after the others in it. */
export function roomName(room: Pick<RoomState, 'name' | 'kind' | 'accounts'>): string {
  if (room.kind !== 'direct' || room.accounts === undefined) return room.name
  const others = room.accounts.filter((account) => account !== me.value)
  if (others.length === 0) return words.justMe
  return others.every((account) => people.value.has(account)) ? words.list(others.map(nameOf)) : room.name || words.list(others.map(nameOf))
}

/** The operator of the server acts in rooms without an account. */
const operator = 'parley'
/** The most that the server answers at once. */
const batch = 100
const wanted = new Set<string>()
const asked = new Set<string>()

/** Those met only in what was said: in no list of members any more. Asked for together, each once. @returns whether an answer is to come. */
function wonder(account: string): boolean {
  if (asked.has(account)) return false
  if (wanted.size === 0) setTimeout(() => void askNames())
  wanted.add(account)
  return true
}

/** Who is not in the answer stays someone; so does everyone when there is none, until the connection has come back. */
async function askNames(): Promise<void> {
  const ids = [...wanted]
  wanted.clear()
  for (const id of ids) asked.add(id)
  asking.value += 1
  for (let at = 0; at < ids.length; at += batch) {
    const some = ids.slice(at, at + batch).join(',')
    await call<Account[]>('GET', `accounts?ids=${some}`).then(learn, () => undefined)
  }
  asking.value -= 1
}

export function learn(accounts: readonly Account[]): void {
  const fresh = accounts.filter((account) => people.value.get(account.id)?.display !== account.display)
  if (fresh.length > 0) people.value = new Map([...people.value, ...fresh.map((account) => [account.id, account] as const)])
}

/** @throws Problem */
export async function loadMembers(room: string): Promise<void> {
  asking.value += 1
  try {
    const found = await call<Member[]>('GET', `rooms/${room}/members`)
    learn(found.map(({ account }) => account))
    members.value = new Map(members.value).set(room, found)
  } finally {
    asking.value -= 1
  }
}

/**
 * People whose name starts so, among those one shares a room with.
 * @throws Problem
 */
export async function findPeople(prefix: string): Promise<Account[]> {
  const accounts = await call<Account[]>('GET', `accounts?prefix=${encodeURIComponent(prefix)}`)
  learn(accounts)
  return accounts
}

/** Names come with the member lists; those of direct rooms are asked for when the rooms appear, those of authors who left when shown. */
export function followPeople(client: Client): void {
  client.on('presence', ({ account, state }) => {
    presence.value = new Map(presence.value).set(account, state)
  })
  client.on('event', ({ room, event }) => {
    if (['joined', 'left', 'role'].includes(event.kind) && members.value.has(room)) void loadMembers(room).catch(() => undefined)
  })
  client.on('state', ({ state }) => {
    if (state === 'live') asked.clear()
  })
  const seen = new Set<string>()
  client.on('rooms', (rooms) => {
    for (const { id, kind } of rooms.values()) {
      if (kind !== 'direct' || seen.has(id)) continue
      seen.add(id)
      void loadMembers(id).catch(() => seen.delete(id))
    }
  })
}
