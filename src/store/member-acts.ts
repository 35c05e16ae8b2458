import { Refusal } from '../protocol/codes.ts'
import type { LeftWhy, RoomRole } from '../protocol/events.ts'
import { fold } from '../protocol/names.ts'
import type { Of, Standing } from './acts.ts'
import type { Entry, Outcome } from './append.ts'
import type { Book } from './book.ts'
import type { Ledger } from './ledger.ts'

interface Last {
  seq: number
  id: string
  at: number
}
interface Deps {
  book: Book
  ledger: Ledger
  lastOf: (room: string) => Last
  checkMay: (entry: Entry, me: Standing, own?: boolean) => void
}

/** Who is in a room and what it is called: the acts that change a room rather than speak in it. */
export function createMemberActs({ book, ledger, lastOf, checkMay }: Deps) {
  const done = ({ seq, id, at }: Last): Outcome => ({ seq, id, at })

  function enter(entry: Entry, account: string, role: RoomRole, fromStart: boolean): Outcome {
    if (!book.isEnabled(account)) throw new Refusal('invalid', 'account: there is no such account')
    const event = ledger.add({ room: entry.room, kind: 'joined', account: entry.by, at: entry.at, extra: { account, role } })
    const { last, n } = ledger.head(entry.room)
    book.addMember({ account, room: entry.room, role, since: fromStart ? 1 : last, read: last, read_n: n })
    return done(event)
  }

  function exit(entry: Entry, account: string, role: RoomRole, why: LeftWhy): Outcome {
    const event = ledger.add({ room: entry.room, kind: 'left', account: entry.by, at: entry.at, text: account, extra: { account, why } })
    book.dropMember(account, entry.room)
    if (role === 'owner') crownHeir(entry)
    return done(event)
  }

  /** A room whose last owner left goes to its oldest moderator, else its oldest member. */
  function crownHeir(entry: Entry): void {
    const next = book.heir(entry.room)
    if (!next || next.role === 'owner') return
    book.setRole(next.account, entry.room, 'owner')
    ledger.add({ room: entry.room, kind: 'role', account: entry.by, at: entry.at, extra: { account: next.account, role: 'owner' } })
  }

  function checkName(room: string, kind: string, fold: string): void {
    if (kind === 'public' && book.isNameTaken(fold, room)) throw new Refusal('name_taken')
  }

  function create(entry: Of<'create'>): Outcome {
    const { name, kind, topic, direct, members } = entry.do
    const there = direct === undefined ? undefined : book.directRoom(direct)
    if (there !== undefined) throw new Refusal('conflict', there)
    checkName(entry.room, kind, fold(name))
    for (const { account } of members) if (!book.isEnabled(account)) throw new Refusal('invalid', 'members: there is no such account')
    const made = { archived_at: null, created_by: entry.by, created_at: entry.at }
    book.addRoom({ id: entry.room, name, fold: fold(name), kind, topic, direct: direct ?? null, ...made })
    for (const { account, role } of members) enter(entry, account, role, true)
    return members.length > 0 ? done(lastOf(entry.room)) : { seq: 0, id: '', at: entry.at }
  }

  function join(entry: Of<'join'>, me: Standing): Outcome {
    if (me) return done(lastOf(entry.room))
    checkMay(entry, me)
    return enter(entry, entry.by, 'member', true)
  }

  function leave(entry: Of<'leave'>, me: Standing): Outcome {
    refuseDirect(entry)
    return exit(entry, entry.by, me?.role ?? 'member', 'left')
  }

  function add(entry: Of<'add'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    if (book.member(entry.do.account, entry.room)) return done(lastOf(entry.room))
    return enter(entry, entry.do.account, entry.do.role, book.room(entry.room)?.kind === 'public')
  }

  function expel(entry: Of<'expel'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const them = book.member(entry.do.account, entry.room)
    if (!them) throw new Refusal('invalid', 'account: is not in this room')
    if (them.role === 'owner' && me && me.role !== 'owner') throw new Refusal('forbidden', 'Only an owner can remove an owner.')
    return exit(entry, entry.do.account, them.role, entry.do.why)
  }

  function role(entry: Of<'role'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const { account, role: next } = entry.do
    const them = book.member(account, entry.room)
    if (!them) throw new Refusal('invalid', 'account: is not in this room')
    if (them.role === next) return done(lastOf(entry.room))
    book.setRole(account, entry.room, next)
    return done(ledger.add({ room: entry.room, kind: 'role', account: entry.by, at: entry.at, extra: { account, role: next } }))
  }

  function rename(entry: Of<'rename'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const { name } = entry.do
    checkName(entry.room, book.room(entry.room)?.kind ?? 'private', fold(name))
    book.setName(entry.room, name, fold(name))
    return done(ledger.add({ room: entry.room, kind: 'renamed', account: entry.by, at: entry.at, text: name }))
  }

  function topic(entry: Of<'topic'>, me: Standing): Outcome {
    checkMay(entry, me)
    book.setTopic(entry.room, entry.do.topic)
    return done(ledger.add({ room: entry.room, kind: 'topic', account: entry.by, at: entry.at, text: entry.do.topic }))
  }

  function archive(entry: Of<'archive'>, me: Standing): Outcome {
    const { on } = entry.do
    if (me && !entry.allowed.any.includes(me.role)) throw new Refusal('forbidden')
    if ((book.room(entry.room)?.archived_at !== null) === on) return done(lastOf(entry.room))
    book.setArchived(entry.room, on ? entry.at : null)
    return done(ledger.add({ room: entry.room, kind: 'archived', account: entry.by, at: entry.at, extra: { on } }))
  }

  function refuseDirect(entry: Entry): void {
    if (book.room(entry.room)?.kind === 'direct') throw new Refusal('forbidden', 'A direct conversation keeps its members and its name.')
  }

  return { create, join, leave, add, expel, role, rename, topic, archive }
}
