import type { Head, LoginNow, MemberNow, RoomNow } from './book.ts'

/** Rows of a kind that are remembered at most, before all of them are forgotten. */
const most = 50_000

function createShelf<T>() {
  const rows = new Map<string, T | undefined>()
  return {
    get(name: string, read: () => T | undefined): T | undefined {
      if (rows.has(name)) return rows.get(name)
      if (rows.size >= most) rows.clear()
      const found = read()
      rows.set(name, found)
      return found
    },
    delete: (name: string) => void rows.delete(name),
    clear: () => rows.clear(),
  }
}

/**
 * Who may write, and where each room stands, remembered between the transactions of the one thread that makes every write to a SQLite
 * store. Whatever else writes must call `forget`. With more than one writer none of this would hold.
 */
export function createSqliteMemory() {
  const logins = createShelf<LoginNow>()
  const rooms = createShelf<RoomNow>()
  const members = createShelf<MemberNow>()
  const committed = new Map<string, Head>()
  const moved = new Map<string, Head>()

  function forget(): void {
    logins.clear()
    rooms.clear()
    members.clear()
  }

  return {
    logins,
    rooms,
    members,
    heads: {
      get: (room: string) => moved.get(room) ?? committed.get(room),
      set: (room: string, head: Head) => void moved.set(room, head),
    },
    /** After COMMIT. */
    keep(): void {
      if (committed.size > most) committed.clear()
      for (const [room, head] of moved) committed.set(room, head)
      moved.clear()
    },
    /** After ROLLBACK: what the transaction wrote may be among the rows. */
    drop(): void {
      moved.clear()
      forget()
    },
    /** Heads stay: nothing but the book moves them. */
    forget,
  }
}
