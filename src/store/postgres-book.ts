import type { Book, Head } from './book.ts'
import type { Fetched } from './postgres-fetch.ts'
import type { EventRow, MemberRow, RoomRow, Tables } from './schema.ts'

type Written = Omit<EventRow, 'rowid'>

/** Everything that a batch changes, row by row, each row once. */
export interface Changes {
  rooms: { added: RoomRow[]; changed: RoomRow[] }
  heads: Tables['head'][]
  members: { put: MemberRow[]; dropped: { account: string; room: string }[] }
  events: { added: Written[]; changed: Written[] }
  /** Messages whose edits, reactions and mentions go. */
  blanked: { room: string; seq: number }[]
  mentions: { added: Tables['mention'][]; dropped: { account: string; room: string }[] }
  reactions: { put: Tables['reaction'][]; dropped: Omit<Tables['reaction'], 'at'>[] }
}

const at = (...parts: (string | number)[]): string => parts.join(' ')
const rank = { owner: 0, moderator: 1, member: 2 } as const
const byRank = (a: MemberRow, b: MemberRow): number => rank[a.role] - rank[b.role] || a.since - b.since || (a.account < b.account ? -1 : 1)

/** The book of rooms as fetched under lock, for one transaction: read and changed in memory, then written back in one go. */
export function createPostgresBook(fetched: Fetched): Book & { changes(): Changes } {
  const logins = new Map(fetched.logins.map((login) => [login.id, login]))
  const accounts = new Map(fetched.accounts.map((account) => [account.id, account]))
  const idByFold = new Map(fetched.accounts.map(({ fold, id }) => [fold, id]))
  const rooms = new Map(fetched.rooms.map((room) => [room.id, room]))
  const heads = new Map<string, Head>(fetched.heads.map(({ room, last, n }) => [room, { last, n }]))
  const members = new Map(fetched.members.map((member) => [at(member.account, member.room), member]))
  const events = new Map<string, Written>(fetched.events.map((event) => [at(event.room, event.seq), event]))
  const keyed = new Map<string, Written>(fetched.events.map((event) => [at(event.room, event.account, event.key ?? ''), event]))
  const tallies = new Map<string, Map<string, { n: number; accounts: Set<string> }>>()
  for (const { room, seq, emoji, n, accounts: own } of fetched.tallies) tally(room, seq).set(emoji, { n, accounts: new Set(own) })

  const added = { rooms: new Map<string, RoomRow>(), events: new Set<Written>() }
  const changed = {
    rooms: new Map<string, RoomRow>(),
    events: new Set<Written>(),
    heads: new Set<string>(),
    members: new Map<string, MemberRow>(),
  }
  const gone = {
    members: new Map<string, { account: string; room: string }>(),
    mentionsOf: new Map<string, { account: string; room: string }>(),
  }
  const blanked = new Map<string, { room: string; seq: number }>()
  const mentions = new Map<string, Tables['mention']>()
  const reactions = new Map<string, Tables['reaction'] & { on: boolean }>()

  function tally(room: string, seq: number) {
    const name = at(room, seq)
    const known = tallies.get(name) ?? new Map<string, { n: number; accounts: Set<string> }>()
    tallies.set(name, known)
    return known
  }

  function changeMember(account: string, room: string, now: Partial<MemberRow>): void {
    const member = members.get(at(account, room))
    if (member) putMember({ ...member, ...now })
  }
  function putMember(member: MemberRow): void {
    members.set(at(member.account, member.room), member)
    changed.members.set(at(member.account, member.room), member)
    gone.members.delete(at(member.account, member.room))
  }
  function changeRoom(id: string, now: Partial<RoomRow>): void {
    const before = rooms.get(id)
    if (!before) return
    const room = { ...before, ...now }
    rooms.set(id, room)
    ;(added.rooms.has(id) ? added.rooms : changed.rooms).set(id, room)
  }
  function changeEvent(room: string, seq: number, now: Partial<EventRow>): void {
    const event = events.get(at(room, seq))
    if (!event) return
    Object.assign(event, now)
    if (!added.events.has(event)) changed.events.add(event)
  }

  return {
    login: (id) => logins.get(id),
    isEnabled: (account) => accounts.get(account)?.disabled_at === null,
    room: (id) => rooms.get(id),
    member: (account, room) => members.get(at(account, room)),
    mark: (account, room) => members.get(at(account, room)),
    heir: (room) => [...members.values()].filter((member) => member.room === room).sort(byRank)[0],
    isNameTaken: (fold, id) => [...rooms.values()].some((room) => room.kind === 'public' && room.fold === fold && room.id !== id),
    directRoom: (direct) => [...rooms.values()].find((room) => room.direct === direct)?.id,
    membersNamed: (room, folds) =>
      [...new Set(folds.map((fold) => idByFold.get(fold)))].filter(
        (id) => id !== undefined && accounts.get(id)?.disabled_at === null && members.has(at(id, room)),
      ) as string[],
    head: (room) => heads.get(room) ?? { last: 0, n: 0 },
    keyed: (room, account, key) => keyed.get(at(room, account, key)),
    message(room, seq) {
      const event = events.get(at(room, seq))
      return event?.kind === 'message' ? event : undefined
    },
    place(room, seq) {
      const event = events.get(at(room, seq))
      if (!event) throw new Error(`The event ${seq} of a room was not fetched.`)
      return event
    },
    hasReacted: (account, room, seq, emoji) => tally(room, seq).get(emoji)?.accounts.has(account) ?? false,
    emojis: (room, seq, emoji) => ({ n: tally(room, seq).size, known: tally(room, seq).has(emoji) }),

    addEvent(event) {
      added.events.add(event)
      events.set(at(event.room, event.seq), event)
      if (event.key !== null) keyed.set(at(event.room, event.account, event.key), event)
    },
    moveHead(room, head) {
      heads.set(room, head)
      changed.heads.add(room)
    },
    setMark: changeMember,
    advanceMark(account, room, mark) {
      if ((members.get(at(account, room))?.read ?? Number.POSITIVE_INFINITY) < mark.read) changeMember(account, room, mark)
    },
    editMessage: changeEvent,
    reviseMessage: (room, seq, rev) => changeEvent(room, seq, { rev }),
    blankMessage(room, seq, rev) {
      changeEvent(room, seq, { text: '', edited: null, extra: null, removed: 1, rev })
      for (const event of events.values())
        if (event.room === room && event.target === seq && event.kind === 'edited') changeEvent(room, event.seq, { text: '' })
      const isOfIt = (row: { room: string; seq: number }) => row.room === room && row.seq === seq
      for (const [name, row] of mentions) if (isOfIt(row)) mentions.delete(name)
      for (const [name, row] of reactions) if (isOfIt(row)) reactions.delete(name)
      tally(room, seq).clear()
      blanked.set(at(room, seq), { room, seq })
    },
    addMention: (account, room, seq) => void mentions.set(at(account, room, seq), { account, room, seq }),
    addReaction(account, room, seq, emoji, when) {
      const of = tally(room, seq).get(emoji) ?? { n: 0, accounts: new Set<string>() }
      tally(room, seq).set(emoji, { n: of.n + 1, accounts: of.accounts.add(account) })
      reactions.set(at(account, room, seq, emoji), { account, room, seq, emoji, at: when, on: true })
    },
    dropReaction(account, room, seq, emoji) {
      const of = tally(room, seq).get(emoji)
      if (!of?.accounts.delete(account)) return
      if (--of.n === 0) tally(room, seq).delete(emoji)
      reactions.set(at(account, room, seq, emoji), { account, room, seq, emoji, at: 0, on: false })
    },
    addRoom(room) {
      if (rooms.has(room.id)) throw new Error('There is a room with this id.')
      rooms.set(room.id, room)
      added.rooms.set(room.id, room)
      changed.heads.add(room.id) // every room has a head, so that there is one to lock
    },
    setName: (id, name, fold) => changeRoom(id, { name, fold }),
    setTopic: (id, topic) => changeRoom(id, { topic }),
    setArchived: (id, when) => changeRoom(id, { archived_at: when }),
    addMember: putMember,
    dropMember(account, room) {
      const name = at(account, room)
      members.delete(name)
      changed.members.delete(name)
      gone.members.set(name, { account, room })
      gone.mentionsOf.set(name, { account, room })
      for (const [key, row] of mentions) if (row.account === account && row.room === room) mentions.delete(key)
    },
    setRole: (account, room, role) => changeMember(account, room, { role }),

    changes: () => ({
      rooms: { added: [...added.rooms.values()], changed: [...changed.rooms.values()] },
      heads: [...changed.heads].map((room) => ({ room, ...(heads.get(room) ?? { last: 0, n: 0 }) })),
      members: { put: [...changed.members.values()], dropped: [...gone.members.values()] },
      events: { added: [...added.events], changed: [...changed.events] },
      blanked: [...blanked.values()],
      mentions: { added: [...mentions.values()], dropped: [...gone.mentionsOf.values()] },
      reactions: {
        put: [...reactions.values()].filter(({ on }) => on),
        dropped: [...reactions.values()].filter(({ on }) => !on),
      },
    }),
  }
}
