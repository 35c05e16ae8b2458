import { Refusal } from '../protocol/codes.ts'
import { mentionsPerMessage, reactionsPerMessage } from '../protocol/limits.ts'
import type { Act, Entry, Outcome } from './append.ts'
import type { Book, Keyed, MemberNow, MessageNow, Place } from './book.ts'
import type { Ledger } from './ledger.ts'
import { createMemberActs } from './member-acts.ts'

export type Of<T extends Act['act']> = Omit<Entry, 'do'> & { do: Extract<Act, { act: T }> }
/** What an entry's author is in the room; the operator is nobody there, and asked for nothing. */
export type Standing = MemberNow | undefined

/** Checks first, writes after: an act that refuses has written nothing. */
export function createActs(book: Book, ledger: Ledger) {
  const lastOf = (room: string): Place => book.place(room, ledger.head(room).last)

  /** Own key, seen before? The same content gets the first answer again; other content is a conflict. */
  function repeated(entry: Entry, key: string): Outcome | undefined {
    const first = book.keyed(entry.room, entry.by, key)
    if (!first) return undefined
    if (!isSame(first, entry.do)) throw new Refusal('conflict')
    return { seq: first.seq, id: first.id, at: first.at, duplicate: true }
  }

  function message(entry: Entry, seq: number, me: Standing): MessageNow {
    const row = book.message(entry.room, seq)
    if (!row || row.removed || (me && seq < me.since)) throw new Refusal('no_such_message')
    return row
  }

  function checkMay(entry: Entry, me: Standing, own = true): void {
    if (book.room(entry.room)?.archived_at) throw new Refusal('forbidden', 'This room is archived.')
    if (me && !(own ? entry.allowed.own : entry.allowed.any).includes(me.role)) throw new Refusal('forbidden')
  }

  function mentioned(entry: Entry, names: string[]): string[] {
    if (names.length === 0) return []
    return book.membersNamed(entry.room, names.slice(0, mentionsPerMessage))
  }

  function mention(entry: Entry, accounts: string[], seq: number): void {
    for (const account of accounts) if (account !== entry.by) book.addMention(account, entry.room, seq)
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
    const extra = mentions.length > 0 ? JSON.stringify({ mentions }) : null
    book.editMessage(entry.room, target, { edited: text, extra, rev: event.seq })
    mention(entry, mentions, target)
    return done(event)
  }

  function remove(entry: Of<'remove'>, me: Standing): Outcome {
    const { key, target } = entry.do
    const row = message(entry, target, me)
    checkMay(entry, me, row.account === entry.by)
    const event = ledger.add({ room: entry.room, kind: 'removed', account: entry.by, at: entry.at, key, target })
    book.blankMessage(entry.room, target, event.seq)
    return done(event)
  }

  function react(entry: Of<'react'>, me: Standing): Outcome {
    const { key, target, emoji, on } = entry.do
    message(entry, target, me)
    checkMay(entry, me)
    if (book.hasReacted(entry.by, entry.room, target, emoji) === on) return done(lastOf(entry.room))
    if (on) {
      const { n, known } = book.emojis(entry.room, target, emoji)
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
    if (on) book.addReaction(entry.by, entry.room, target, emoji, entry.at)
    else book.dropReaction(entry.by, entry.room, target, emoji)
    book.reviseMessage(entry.room, target, event.seq)
    return done(event)
  }

  /** Monotone, clamped to the last. `n` of the event at the mark says how many messages that is. */
  function read(entry: Of<'read'>): Outcome {
    const head = ledger.head(entry.room)
    const seq = Math.min(entry.do.seq, head.last)
    const { read, read_n } = book.mark(entry.by, entry.room) ?? { read: 0, read_n: 0 }
    if (seq <= read) return { read, readN: read_n, moved: false }
    const n = seq === head.last ? head.n : book.place(entry.room, seq).n
    book.setMark(entry.by, entry.room, { read: seq, read_n: n })
    return { read: seq, readN: n, moved: true }
  }

  return { repeated, acts: { post, edit, remove, react, read, ...createMemberActs({ book, ledger, lastOf, checkMay }) } }
}

/** Does the stored event say what this act says? A removed message's words are gone: its key alone decides. */
function isSame(row: Keyed, act: Act): boolean {
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
