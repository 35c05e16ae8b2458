import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Book, Head, Keyed, LoginNow, MarkNow, MemberNow, MessageNow, Place, RoomNow } from './book.ts'
import type { MemberRow } from './schema.ts'
import { createSqliteMemory } from './sqlite-memory.ts'

/** What the columns of a statement say its row is: the one place where that is taken on trust. */
const row = <Row>(statement: StatementSync, ...values: SQLInputValue[]) => statement.get(...values) as Row | undefined

/** The book of rooms in SQLite: prepared statements in the transaction that the writer has open. */
export function createSqliteBook(db: DatabaseSync): Book & Pick<ReturnType<typeof createSqliteMemory>, 'keep' | 'drop' | 'forget'> {
  const memory = createSqliteMemory()
  return { ...reads(db, memory), ...writes(db, memory), keep: memory.keep, drop: memory.drop, forget: memory.forget }
}

type Memory = ReturnType<typeof createSqliteMemory>
type Reads =
  | 'login'
  | 'isEnabled'
  | 'room'
  | 'member'
  | 'mark'
  | 'heir'
  | 'isNameTaken'
  | 'directRoom'
  | 'membersNamed'
  | 'head'
  | 'keyed'
  | 'message'
  | 'place'
  | 'hasReacted'
  | 'emojis'

function reads(db: DatabaseSync, { logins, rooms, members, heads }: Memory): Pick<Book, Reads> {
  const login = db.prepare(
    'select l.account, l.ended_at, l.expires_at, a.disabled_at from login l join account a on a.id = l.account where l.id = ?',
  )
  const enabled = db.prepare('select 1 as yes from account where id = ? and disabled_at is null')
  const room = db.prepare('select kind, archived_at from room where id = ?')
  const member = db.prepare('select role, since from member where account = ? and room = ?')
  const mark = db.prepare('select read, read_n from member where account = ? and room = ?')
  const heir = db.prepare(
    "select account, role from member where room = ? order by case role when 'owner' then 0 when 'moderator' then 1 else 2 end, since, account limit 1",
  )
  const takenName = db.prepare("select id from room where fold = ? and kind = 'public' and id <> ?")
  const directRoom = db.prepare('select id from room where direct = ?')
  const named = db.prepare(
    // “cross join” has the few names looked up in the room, not everybody in the room among the names.
    'select a.id from account a cross join member m on m.account = a.id and m.room = ? where a.fold in (select value from json_each(?)) and a.disabled_at is null',
  )
  const head = db.prepare('select last, n from head where room = ?')
  const keyed = db.prepare('select seq, id, at, kind, text, target, extra, removed from event where room = ? and account = ? and key = ?')
  const message = db.prepare("select account, removed from event where room = ? and seq = ? and kind = 'message'")
  const place = db.prepare('select seq, id, at, n from event where room = ? and seq = ?')
  const reacted = db.prepare('select 1 as yes from reaction where room = ? and seq = ? and emoji = ? and account = ?')
  const emojis = db.prepare('select count(distinct emoji) as n, max(emoji = ?) as known from reaction where room = ? and seq = ?')

  return {
    login: (id) => logins.get(id, () => row<LoginNow>(login, id)),
    isEnabled: (account) => enabled.get(account) !== undefined,
    room: (id) => rooms.get(id, () => row<RoomNow>(room, id)),
    member: (account, id) => members.get(id, account, () => row<MemberNow>(member, account, id)),
    mark: (account, id) => row<MarkNow>(mark, account, id),
    heir: (id) => row<Pick<MemberRow, 'account' | 'role'>>(heir, id),
    isNameTaken: (fold, id) => takenName.get(fold, id) !== undefined,
    directRoom: (direct) => row<{ id: string }>(directRoom, direct)?.id,
    membersNamed: (id, folds) => (named.all(id, JSON.stringify(folds)) as { id: string }[]).map((found) => found.id),
    head: (id) => heads.get(id) ?? row<Head>(head, id) ?? { last: 0, n: 0 },
    keyed: (id, account, key) => row<Keyed>(keyed, id, account, key),
    message: (id, seq) => row<MessageNow>(message, id, seq),
    place: (id, seq) => row<Place>(place, id, seq) as Place,
    hasReacted: (account, id, seq, emoji) => reacted.get(id, seq, emoji, account) !== undefined,
    emojis(id, seq, emoji) {
      const { n, known } = row<{ n: number; known: number | null }>(emojis, emoji, id, seq) as { n: number; known: number | null }
      return { n, known: known === 1 }
    },
  }
}

function writes(db: DatabaseSync, { rooms, members, heads }: Memory): Omit<Book, Reads> {
  const event = db.prepare(
    'insert into event (room, seq, id, kind, account, at, key, n, text, target, extra) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const head = db.prepare(
    'insert into head (room, last, n) values (?, ?, ?) on conflict (room) do update set last = excluded.last, n = excluded.n',
  )
  const mark = db.prepare('update member set read = ?, read_n = ? where account = ? and room = ?')
  const advance = db.prepare('update member set read = ?, read_n = ? where account = ? and room = ? and read < ?')
  const edit = db.prepare('update event set edited = ?, rev = ?, extra = ? where room = ? and seq = ?')
  const revise = db.prepare('update event set rev = ? where room = ? and seq = ?')
  const blank = db.prepare("update event set text = '', edited = null, extra = null, removed = 1, rev = ? where room = ? and seq = ?")
  const blankEdits = db.prepare("update event set text = '' where room = ? and target = ? and kind = 'edited'")
  const dropReactions = db.prepare('delete from reaction where room = ? and seq = ?')
  const dropMentions = db.prepare('delete from mention where room = ? and seq = ?')
  const mention = db.prepare('insert or ignore into mention (account, room, seq) values (?, ?, ?)')
  const reaction = db.prepare('insert into reaction (room, seq, emoji, account, at) values (?, ?, ?, ?, ?)')
  const dropReaction = db.prepare('delete from reaction where room = ? and seq = ? and emoji = ? and account = ?')
  const room = db.prepare(
    'insert into room (id, name, fold, kind, topic, direct, archived_at, created_by, created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const name = db.prepare('update room set name = ?, fold = ? where id = ?')
  const topic = db.prepare('update room set topic = ? where id = ?')
  const archived = db.prepare('update room set archived_at = ? where id = ?')
  const member = db.prepare('insert into member (account, room, role, since, read, read_n) values (?, ?, ?, ?, ?, ?)')
  const dropMember = db.prepare('delete from member where account = ? and room = ?')
  const dropMemberMentions = db.prepare('delete from mention where account = ? and room = ?')
  const role = db.prepare('update member set role = ? where account = ? and room = ?')

  return {
    addEvent: (e) => void event.run(e.room, e.seq, e.id, e.kind, e.account, e.at, e.key, e.n, e.text, e.target, e.extra),
    moveHead(id, { last, n }) {
      head.run(id, last, n)
      heads.set(id, { last, n })
    },
    setMark: (account, id, { read, read_n }) => void mark.run(read, read_n, account, id),
    advanceMark: (account, id, { read, read_n }) => void advance.run(read, read_n, account, id, read),
    editMessage: (id, seq, { edited, extra, rev }) => void edit.run(edited, rev, extra, id, seq),
    reviseMessage: (id, seq, rev) => void revise.run(rev, id, seq),
    blankMessage(id, seq, rev) {
      blank.run(rev, id, seq)
      blankEdits.run(id, seq)
      dropReactions.run(id, seq)
      dropMentions.run(id, seq)
    },
    addMention: (account, id, seq) => void mention.run(account, id, seq),
    addReaction: (account, id, seq, emoji, at) => void reaction.run(id, seq, emoji, account, at),
    dropReaction: (account, id, seq, emoji) => void dropReaction.run(id, seq, emoji, account),
    addRoom(r) {
      room.run(r.id, r.name, r.fold, r.kind, r.topic, r.direct, r.archived_at, r.created_by, r.created_at)
      rooms.delete(r.id)
    },
    setName: (id, named, fold) => void name.run(named, fold, id),
    setTopic: (id, words) => void topic.run(words, id),
    setArchived(id, at) {
      archived.run(at, id)
      rooms.delete(id)
    },
    addMember(m) {
      member.run(m.account, m.room, m.role, m.since, m.read, m.read_n)
      members.delete(m.room, m.account)
    },
    dropMember(account, id) {
      dropMember.run(account, id)
      dropMemberMentions.run(account, id)
      members.delete(id, account)
    },
    setRole(account, id, next) {
      role.run(next, account, id)
      members.delete(id, account)
    },
  }
}
