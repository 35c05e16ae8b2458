import type { Head, LoginNow, MemberNow, RoomNow } from './book.ts'

/** Rows of a kind that are remembered at most, before all of them are forgotten. */
const most = 50_000

function createShelf<T extends object>() {
  const rows = new Map<string, T | undefined>()
  return {
    get(name: string, read: () => T | undefined): T | undefined {
      const known = rows.get(name)
      if (known || rows.has(name)) return known
      if (rows.size >= most) rows.clear()
      const found = plain(read())
      rows.set(name, found)
      return found
    },
    delete: (name: string) => void rows.delete(name),
    clear: () => rows.clear(),
  }
}

/** The same by two names, one within the other: to make one text of both for each look-up takes longer than the look-up. */
function createPairs<T extends object>() {
  const groups = new Map<string, Map<string, T | undefined>>()
  let size = 0

  function clear(): void {
    groups.clear()
    size = 0
  }

  return {
    get(group: string, name: string, read: () => T | undefined): T | undefined {
      const there = groups.get(group)
      const known = there?.get(name)
      if (known || there?.has(name)) return known
      const found = plain(read())
      if (size++ >= most) clear()
      const rows = groups.get(group) ?? new Map<string, T | undefined>()
      groups.set(group, rows.set(name, found))
      return found
    },
    delete: (group: string, name: string) => void groups.get(group)?.delete(name),
    clear,
  }
}

/** What SQLite gives is a dictionary: to read a field of one takes ten times as long as of an object that was written out. */
const plain = <T extends object>(row: T | undefined): T | undefined => row && { ...row }

/**
 * Who may write, and where each room stands, remembered between the transactions of the one thread that makes every write to a SQLite
 * store. Whatever else writes must call `forget`. With more than one writer none of this would hold.
 */
export function createSqliteMemory() {
  const logins = createShelf<LoginNow>()
  const rooms = createShelf<RoomNow>()
  /** By room and account. */
  const members = createPairs<MemberNow>()
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
