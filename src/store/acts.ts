import type { DatabaseSync } from 'node:sqlite'
import { Refusal } from '../protocol/codes.ts'
import { mentionsPerMessage, reactionsPerMessage } from '../protocol/limits.ts'
import type { Act, Entry, Outcome } from './append.ts'
import type { Authority, MemberNow } from './authority.ts'
import type { Ledger } from './ledger.ts'
import { createMemberActs } from './member-acts.ts'
import type { EventRow } from './schema.ts'

export interface Book {
  db: DatabaseSync
  authority: Authority
  ledger: Ledger
}
export type Of<T extends Act['act']> = Omit<Entry, 'do'> & { do: Extract<Act, { act: T }> }
/** What an entry's author is in the room; the operator is nobody there, and asked for nothing. */
export type Standing = MemberNow | undefined

/** Checks first, writes after: an act that refuses has written nothing. */
export function createActs(book: Book) {
  const { db, authority, ledger } = book
  const readByKey = db.prepare(
    'select seq, id, at, kind, text, target, extra, removed from event where room = ? and account = ? and key = ?',
  )
  const readMessage = db.prepare(
    "select seq, account, text, edited, extra, removed from event where room = ? and seq = ? and kind = 'message'",
  )
  const readLast = db.prepare('select seq, id, at, n from event where room = ? and seq = ?')
  const writeEdit = db.prepare('update event set edited = ?, rev = ?, extra = ? where room = ? and seq = ?')
  const writeRev = db.prepare('update event set rev = ? where room = ? and seq = ?')
  const blankMessage = db.prepare(
    "update event set text = '', edited = null, extra = null, removed = 1, rev = ? where room = ? and seq = ?",
  )
  const blankEdits = db.prepare("update event set text = '' where room = ? and target = ? and kind = 'edited'")
  const dropReactions = db.prepare('delete from reaction where room = ? and seq = ?')
  const dropMentions = db.prepare('delete from mention where room = ? and seq = ?')
  const findMentioned = db.prepare(
    'select a.id from account a join member m on m.account = a.id and m.room = ? where a.fold in (select value from json_each(?)) and a.disabled_at is null',
  )
  const writeMention = db.prepare('insert or ignore into mention (account, room, seq) values (?, ?, ?)')
  const hasReaction = db.prepare('select 1 as yes from reaction where room = ? and seq = ? and emoji = ? and account = ?')
  const countEmoji = db.prepare('select count(distinct emoji) as n, max(emoji = ?) as known from reaction where room = ? and seq = ?')
  const writeReaction = db.prepare('insert into reaction (room, seq, emoji, account, at) values (?, ?, ?, ?, ?)')
  const dropReaction = db.prepare('delete from reaction where room = ? and seq = ? and emoji = ? and account = ?')
  const readMark = db.prepare('select read, read_n from member where account = ? and room = ?')
  const writeMark = db.prepare('update member set read = ?, read_n = ? where account = ? and room = ?')

  const lastOf = (room: string) => readLast.get(room, ledger.head(room).last) as Pick<EventRow, 'seq' | 'id' | 'at' | 'n'>

  /** Own key, seen before? The same content gets the first answer again; other content is a conflict. */
  function repeated(entry: Entry, key: string): Outcome | undefined {
    const first = readByKey.get(entry.room, entry.by, key) as EventRow | undefined
    if (!first) return undefined
    if (!isSame(first, entry.do)) throw new Refusal('conflict')
    return { seq: first.seq, id: first.id, at: first.at, duplicate: true }
  }

  function message(entry: Entry, seq: number, me: Standing): EventRow {
    const row = readMessage.get(entry.room, seq) as EventRow | undefined
    if (!row || row.removed || (me && seq < me.since)) throw new Refusal('no_such_message')
    return row
  }

  function checkMay(entry: Entry, me: Standing, own = true): void {
    if (authority.room(entry.room)?.archived_at) throw new Refusal('forbidden', 'This room is archived.')
    if (me && !(own ? entry.allowed.own : entry.allowed.any).includes(me.role)) throw new Refusal('forbidden')
  }

  function mentioned(entry: Entry, names: string[]): string[] {
    if (names.length === 0) return []
    const found = findMentioned.all(entry.room, JSON.stringify(names.slice(0, mentionsPerMessage))) as { id: string }[]
    return found.map(({ id }) => id)
  }

  function mention(entry: Entry, accounts: string[], seq: number): void {
    for (const account of accounts) if (account !== entry.by) writeMention.run(account, entry.room, seq)
  }

  const done = (event: { seq: number; id: string; at: number }): Outcome => ({ seq: event.seq, id: event.id, at: event.at })

  function post(entry: Of<'post'>, me: Standing): Outcome {
    const { key, text, replyTo, names } = entry.do
    checkMay(entry, me)
    if (replyTo !== undefined) message(entry, replyTo, me)
    const mentions = mentioned(entry, names)
    const extra = mentions.length > 0 ? { mentions } : undefined
    const event = ledger.add({ room: entry.room, kind: 'message', account: entry.by, at: entry.at, key, text, target: replyTo, extra })
    mention(entry, mentions, event.seq)
    return done(event)
  }

  function edit(entry: Of<'edit'>, me: Standing): Outcome {
    const { key, target, text, names } = entry.do
    const row = message(entry, target, me)
    checkMay(entry, me, row.account === entry.by)
    const mentions = mentioned(entry, names)
    const event = ledger.add({ room: entry.room, kind: 'edited', account: entry.by, at: entry.at, key, text, target })
    writeEdit.run(text, event.seq, mentions.length > 0 ? JSON.stringify({ mentions }) : null, entry.room, target)
    mention(entry, mentions, target)
    return done(event)
  }

  function remove(entry: Of<'remove'>, me: Standing): Outcome {
    const { key, target } = entry.do
    const row = message(entry, target, me)
    checkMay(entry, me, row.account === entry.by)
    const event = ledger.add({ room: entry.room, kind: 'removed', account: entry.by, at: entry.at, key, target })
    blankMessage.run(event.seq, entry.room, target)
    blankEdits.run(entry.room, target)
    dropReactions.run(entry.room, target)
    dropMentions.run(entry.room, target)
    return done(event)
  }

  function react(entry: Of<'react'>, me: Standing): Outcome {
    const { key, target, emoji, on } = entry.do
    message(entry, target, me)
    checkMay(entry, me)
    if ((hasReaction.get(entry.room, target, emoji, entry.by) !== undefined) === on) return done(lastOf(entry.room))
    if (on) {
      const { n, known } = countEmoji.get(emoji, entry.room, target) as { n: number; known: number | null }
      if (!known && n >= reactionsPerMessage) throw new Refusal('room_full', 'This message has as many reactions as it can have.')
    }
    const event = ledger.add({
      room: entry.room,
      kind: 'reacted',
      account: entry.by,
      at: entry.at,
      key,
      text: emoji,
      target,
      extra: { on },
    })
    if (on) writeReaction.run(entry.room, target, emoji, entry.by, entry.at)
    else dropReaction.run(entry.room, target, emoji, entry.by)
    writeRev.run(event.seq, entry.room, target)
    return done(event)
  }

  /** Monotone, clamped to the last. `n` of the event at the mark says how many messages that is. */
  function read(entry: Of<'read'>): Outcome {
    const head = ledger.head(entry.room)
    const seq = Math.min(entry.do.seq, head.last)
    const mark = readMark.get(entry.by, entry.room) as { read: number; read_n: number }
    if (seq <= mark.read) return { read: mark.read, readN: mark.read_n, moved: false }
    const n = seq === head.last ? head.n : (readLast.get(entry.room, seq) as { n: number }).n
    writeMark.run(seq, n, entry.by, entry.room)
    return { read: seq, readN: n, moved: true }
  }

  return { repeated, acts: { post, edit, remove, react, read, ...createMemberActs({ ...book, lastOf, checkMay }) } }
}

/** Does the stored event say what this act says? A removed message's words are gone: its key alone decides. */
function isSame(row: EventRow, act: Act): boolean {
  switch (act.act) {
    case 'post':
      return row.kind === 'message' && (row.removed === 1 || row.text === act.text) && row.target === (act.replyTo ?? null)
    case 'edit':
      return row.kind === 'edited' && row.target === act.target && (row.text === act.text || row.text === '')
    case 'remove':
      return row.kind === 'removed' && row.target === act.target
    case 'react':
      return row.kind === 'reacted' && row.target === act.target && row.text === act.emoji && row.extra === JSON.stringify({ on: act.on })
    default:
      return false
  }
}
