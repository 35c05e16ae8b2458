import type { Reaction, RoomEvent } from '../protocol/events.ts'
import type { EventRow } from './schema.ts'

/** A row, whatever SQLite numbers it by, of whichever room. */
export type EventContent = Omit<EventRow, 'rowid' | 'room'>

/** A stored row as the wire shows it, in present form: a message as it is now. */
export function toEvent(row: EventContent, reactions?: Reaction[]): RoomEvent {
  const extra = row.extra === null ? {} : (JSON.parse(row.extra) as Record<string, unknown>)
  const durable = { seq: row.seq, id: row.id, kind: row.kind, by: row.account, at: row.at, ...(row.key === null ? {} : { key: row.key }) }
  return { ...durable, ...content(row, extra, reactions) } as RoomEvent
}

function content(row: EventContent, extra: Record<string, unknown>, reactions?: Reaction[]): object {
  switch (row.kind) {
    case 'message':
      return message(row, extra, reactions)
    case 'edited':
      return { target: row.target, text: row.text }
    case 'removed':
      return { target: row.target }
    case 'reacted':
      return { target: row.target, emoji: row.text, ...extra }
    case 'renamed':
      return { name: row.text }
    case 'topic':
      return { topic: row.text }
    default:
      return extra
  }
}

function message(row: EventContent, extra: Record<string, unknown>, reactions?: Reaction[]): object {
  const now = row.removed ? { removed: true } : row.edited === null ? { text: row.text } : { text: row.edited, edited: true }
  return {
    n: row.n,
    ...now,
    ...(row.target === null ? {} : { replyTo: row.target }),
    ...extra,
    ...(row.rev === null ? {} : { rev: row.rev }),
    ...(reactions?.length ? { reactions } : {}),
  }
}

/** Rows of `reaction`, ordered by time, as the messages they belong to show them. */
export function groupReactions(rows: { seq: number; emoji: string; account: string }[]): Map<number, Reaction[]> {
  const bySeq = new Map<number, Reaction[]>()
  for (const { seq, emoji, account } of rows) {
    const of = bySeq.get(seq) ?? []
    bySeq.set(seq, of)
    const known = of.find((reaction) => reaction.emoji === emoji)
    if (known) known.accounts.push(account)
    else of.push({ emoji, accounts: [account] })
  }
  return bySeq
}
