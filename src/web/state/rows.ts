import type { MessageEvent, RoomEvent } from '../../protocol/events.ts'
import type { OutboxItem } from '../../sdk/client.ts'

/** One line of the conversation, in the order in which it is read. `head` = shows its author; the others follow one who does. */
export type Row =
  | { kind: 'start'; key: 'start'; empty: boolean }
  | { kind: 'day'; key: string; at: number }
  | { kind: 'new'; key: 'new' }
  | { kind: 'message'; key: string; message: MessageEvent; head: boolean; lastOfMine: boolean }
  | { kind: 'notice'; key: string; event: RoomEvent }
  | { kind: 'pending'; key: string; item: OutboxItem; head: boolean }

export interface Told {
  messages: readonly MessageEvent[]
  notices: readonly RoomEvent[]
  pending: readonly OutboxItem[]
  me: string
  /** The first message of the room is among them. */
  complete: boolean
  /** The “New” line stands before the first message of another with a higher seq; absent = no line. */
  newAfter?: number | undefined
}

/** ms within which messages of one author stand under one name. */
const together = 5 * 60_000

/** What is shown of one room. The key of a row of mine is the message's own key, so that it stays the same row once it is sent. */
export function toRows({ messages, notices, pending, me, complete, newAfter }: Told): Row[] {
  const rows: Row[] = complete ? [{ kind: 'start', key: 'start', empty: messages.length + pending.length === 0 }] : []
  const lastOfMine = messages.findLast(({ by, removed }) => by === me && !removed)?.seq
  let before: { by: string; at: number } | undefined
  let day = ''
  // With the message before it not loaded, where the line belongs is not known.
  let newLine = newAfter !== undefined && (complete || (messages[0]?.seq ?? 0) <= newAfter)
  for (const event of merge(messages, notices)) {
    const today = dayOf(event.at)
    if (today !== day) {
      rows.push({ kind: 'day', key: `day ${today}`, at: event.at })
      day = today
      before = undefined
    }
    if (event.kind !== 'message') {
      rows.push({ kind: 'notice', key: event.id, event })
      before = undefined
      continue
    }
    if (newLine && event.seq > (newAfter ?? 0) && event.by !== me) {
      rows.push({ kind: 'new', key: 'new' })
      newLine = false
      before = undefined
    }
    const head = before?.by !== event.by || event.at - before.at > together || event.replyTo !== undefined
    rows.push({ kind: 'message', key: keyOf(event, me), message: event, head, lastOfMine: event.seq === lastOfMine })
    before = head ? event : { by: event.by, at: before?.at ?? event.at }
  }
  for (const item of unseen(pending, messages)) {
    const head = before?.by !== me || item.at - before.at > together || item.replyTo !== undefined
    rows.push({ kind: 'pending', key: item.key, item, head })
    if (head) before = { by: me, at: item.at }
  }
  return rows
}

const keyOf = (message: MessageEvent, me: string): string => (message.by === me ? (message.key ?? message.id) : message.id)

/** What has arrived is shown as it arrived; the outbox may not know yet. */
function unseen(pending: readonly OutboxItem[], messages: readonly MessageEvent[]): readonly OutboxItem[] {
  if (pending.length === 0) return pending
  const keys = new Set(messages.map(({ key }) => key))
  return pending.filter(({ key }) => !keys.has(key))
}

/** Two lists by seq into one. Notices older than the first loaded message wait until their page is there. */
function* merge(messages: readonly MessageEvent[], notices: readonly RoomEvent[]): Generator<RoomEvent> {
  let next = 0
  for (const message of messages) {
    while (notices[next] !== undefined && notices[next]!.seq < message.seq) yield notices[next++]!
    yield message
  }
  while (notices[next] !== undefined) yield notices[next++]!
}

/** The day in the reader's time zone. */
function dayOf(at: number): string {
  const date = new Date(at)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}
