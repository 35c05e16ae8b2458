import type { DatabaseSync } from 'node:sqlite'
import type { RoomKind, RoomRole } from '../protocol/events.ts'

interface LoginNow {
  account: string
  ended_at: number | null
  expires_at: number
  disabled_at: number | null
}

export interface RoomNow {
  kind: RoomKind
  archived_at: number | null
}

export interface MemberNow {
  role: RoomRole
  since: number
}

/** Rows remembered at most, before all are forgotten. */
const most = 50_000

/**
 * Who may write, as the transaction in hand sees it. The rows are remembered between transactions, since one
 * thread makes every write to this store: whatever else writes must call `forget`.
 */
export function createAuthority(db: DatabaseSync) {
  const readLogin = db.prepare(
    'select l.account, l.ended_at, l.expires_at, a.disabled_at from login l join account a on a.id = l.account where l.id = ?',
  )
  const readRoom = db.prepare('select kind, archived_at from room where id = ?')
  const readMember = db.prepare('select role, since from member where account = ? and room = ?')
  const logins = new Map<string, LoginNow | undefined>()
  const rooms = new Map<string, RoomNow | undefined>()
  const members = new Map<string, MemberNow | undefined>()

  function remembered<T>(cache: Map<string, T | undefined>, name: string, read: () => T | undefined): T | undefined {
    if (cache.has(name)) return cache.get(name)
    if (cache.size >= most) cache.clear()
    const row = read()
    cache.set(name, row)
    return row
  }

  return {
    /** True while the login is this account's, has neither ended nor grown too old, and the account is enabled. */
    holds(login: string, account: string, at: number): boolean {
      const row = remembered(logins, login, () => readLogin.get(login) as LoginNow | undefined)
      return row !== undefined && row.account === account && row.ended_at === null && row.disabled_at === null && at < row.expires_at
    },
    room: (room: string) => remembered(rooms, room, () => readRoom.get(room) as RoomNow | undefined),
    member: (account: string, room: string) =>
      remembered(members, `${room} ${account}`, () => readMember.get(account, room) as MemberNow | undefined),
    /** After the members of a room were written in this transaction. */
    changed(account: string, room: string): void {
      members.delete(`${room} ${account}`)
      rooms.delete(room)
    },
    forget(): void {
      logins.clear()
      rooms.clear()
      members.clear()
    },
  }
}

export type Authority = ReturnType<typeof createAuthority>
