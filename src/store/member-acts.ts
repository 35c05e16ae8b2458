import { Refusal } from '../protocol/codes.ts'
import type { LeftWhy, RoomRole } from '../protocol/events.ts'
import { fold } from '../protocol/names.ts'
import type { Book, Of, Standing } from './acts.ts'
import type { Entry, Outcome } from './append.ts'

interface Last {
  seq: number
  id: string
  at: number
}
interface Deps extends Book {
  lastOf: (room: string) => Last
  checkMay: (entry: Entry, me: Standing, own?: boolean) => void
}

/** Who is in a room and what it is called: the acts that change a room rather than speak in it. */
export function createMemberActs({ db, authority, ledger, lastOf, checkMay }: Deps) {
  const writeRoom = db.prepare(
    'insert into room (id, name, fold, kind, topic, direct, archived_at, created_by, created_at) values (?, ?, ?, ?, ?, ?, null, ?, ?)',
  )
  const takenName = db.prepare("select id from room where fold = ? and kind = 'public' and id <> ?")
  const directRoom = db.prepare('select id from room where direct = ?')
  const findAccount = db.prepare('select 1 as yes from account where id = ? and disabled_at is null')
  const writeMember = db.prepare('insert into member (account, room, role, since, read, read_n) values (?, ?, ?, ?, ?, ?)')
  const dropMember = db.prepare('delete from member where account = ? and room = ?')
  const dropMentions = db.prepare('delete from mention where account = ? and room = ?')
  const setRole = db.prepare('update member set role = ? where account = ? and room = ?')
  const heir = db.prepare(
    "select account, role from member where room = ? order by case role when 'owner' then 0 when 'moderator' then 1 else 2 end, since, account limit 1",
  )
  const setName = db.prepare('update room set name = ?, fold = ? where id = ?')
  const setTopic = db.prepare('update room set topic = ? where id = ?')
  const setArchived = db.prepare('update room set archived_at = ? where id = ?')

  const done = ({ seq, id, at }: Last): Outcome => ({ seq, id, at })

  function enter(entry: Entry, account: string, role: RoomRole, fromStart: boolean): Outcome {
    if (!findAccount.get(account)) throw new Refusal('invalid', 'account: there is no such account')
    const event = ledger.add({ room: entry.room, kind: 'joined', account: entry.by, at: entry.at, extra: { account, role } })
    const { last, n } = ledger.head(entry.room)
    writeMember.run(account, entry.room, role, fromStart ? 1 : last, last, n)
    authority.changed(account, entry.room)
    return done(event)
  }

  function exit(entry: Entry, account: string, role: RoomRole, why: LeftWhy): Outcome {
    const event = ledger.add({ room: entry.room, kind: 'left', account: entry.by, at: entry.at, extra: { account, why } })
    dropMember.run(account, entry.room)
    dropMentions.run(account, entry.room)
    authority.changed(account, entry.room)
    if (role === 'owner') crownHeir(entry)
    return done(event)
  }

  /** A room whose last owner left goes to its oldest moderator, else its oldest member. */
  function crownHeir(entry: Entry): void {
    const next = heir.get(entry.room) as { account: string; role: RoomRole } | undefined
    if (!next || next.role === 'owner') return
    setRole.run('owner', next.account, entry.room)
    authority.changed(next.account, entry.room)
    ledger.add({ room: entry.room, kind: 'role', account: entry.by, at: entry.at, extra: { account: next.account, role: 'owner' } })
  }

  function checkName(room: string, kind: string, fold: string): void {
    if (kind === 'public' && takenName.get(fold, room)) throw new Refusal('name_taken')
  }

  function create(entry: Of<'create'>): Outcome {
    const { name, kind, topic, direct, members } = entry.do
    const there = direct === undefined ? undefined : (directRoom.get(direct) as { id: string } | undefined)
    if (there) throw new Refusal('conflict', there.id)
    checkName(entry.room, kind, fold(name))
    for (const { account } of members) if (!findAccount.get(account)) throw new Refusal('invalid', 'members: there is no such account')
    writeRoom.run(entry.room, name, fold(name), kind, topic, direct ?? null, entry.by, entry.at)
    authority.changed('', entry.room)
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
    if (authority.member(entry.do.account, entry.room)) return done(lastOf(entry.room))
    return enter(entry, entry.do.account, entry.do.role, authority.room(entry.room)?.kind === 'public')
  }

  function expel(entry: Of<'expel'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const them = authority.member(entry.do.account, entry.room)
    if (!them) throw new Refusal('invalid', 'account: is not in this room')
    if (them.role === 'owner' && me && me.role !== 'owner') throw new Refusal('forbidden', 'Only an owner can remove an owner.')
    return exit(entry, entry.do.account, them.role, entry.do.why)
  }

  function role(entry: Of<'role'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const { account, role: next } = entry.do
    const them = authority.member(account, entry.room)
    if (!them) throw new Refusal('invalid', 'account: is not in this room')
    if (them.role === next) return done(lastOf(entry.room))
    setRole.run(next, account, entry.room)
    authority.changed(account, entry.room)
    return done(ledger.add({ room: entry.room, kind: 'role', account: entry.by, at: entry.at, extra: { account, role: next } }))
  }

  function rename(entry: Of<'rename'>, me: Standing): Outcome {
    refuseDirect(entry)
    checkMay(entry, me)
    const { name } = entry.do
    checkName(entry.room, authority.room(entry.room)?.kind ?? 'private', fold(name))
    setName.run(name, fold(name), entry.room)
    return done(ledger.add({ room: entry.room, kind: 'renamed', account: entry.by, at: entry.at, text: name }))
  }

  function topic(entry: Of<'topic'>, me: Standing): Outcome {
    checkMay(entry, me)
    setTopic.run(entry.do.topic, entry.room)
    return done(ledger.add({ room: entry.room, kind: 'topic', account: entry.by, at: entry.at, text: entry.do.topic }))
  }

  function archive(entry: Of<'archive'>, me: Standing): Outcome {
    const { on } = entry.do
    if (me && !entry.allowed.any.includes(me.role)) throw new Refusal('forbidden')
    if ((authority.room(entry.room)?.archived_at !== null) === on) return done(lastOf(entry.room))
    setArchived.run(on ? entry.at : null, entry.room)
    authority.changed('', entry.room)
    return done(ledger.add({ room: entry.room, kind: 'archived', account: entry.by, at: entry.at, extra: { on } }))
  }

  function refuseDirect(entry: Entry): void {
    if (authority.room(entry.room)?.kind === 'direct')
      throw new Refusal('forbidden', 'A direct conversation keeps its members and its name.')
  }

  return { create, join, leave, add, expel, role, rename, topic, archive }
}
