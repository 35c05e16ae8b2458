import { signal } from '@preact/signals'
import type { MessageEvent, RoomEvent } from '../../protocol/events.ts'
import { changed, isChange } from '../../sdk/present-form.ts'
import { client } from './chat.ts'

/** A stretch of a room far behind its end: read by pages, not live. */
export interface Excerpt {
  room: string
  messages: readonly MessageEvent[]
  /** There is more before. */
  before: boolean
  /** There is more after it, up to what is live. */
  after: boolean
}

const limit = 60

export const excerpt = signal<Excerpt | undefined>(undefined)

export const leaveExcerpt = (): void => {
  excerpt.value = undefined
}

const onlyMessages = (events: readonly RoomEvent[]): MessageEvent[] => events.filter((event) => event.kind === 'message')

/** Shows the messages around one that is not loaded. @throws Refused, Lost */
export async function showAround(room: string, seq: number): Promise<void> {
  const page = await client.value?.request('history', { room, around: seq, limit })
  if (page !== undefined) excerpt.value = { room, messages: onlyMessages(page.events), before: true, after: true }
}

/** The page before or after. @returns whether there is more that way */
export async function extend(way: 'before' | 'after'): Promise<boolean> {
  const held = excerpt.peek()
  const edge = way === 'before' ? held?.messages[0] : held?.messages.at(-1)
  if (held === undefined || edge === undefined || !held[way]) return false
  const page = await client.value?.request('history', { room: held.room, [way]: edge.seq, limit })
  if (page === undefined || excerpt.peek() !== held) return false
  const more = onlyMessages(page.events)
  excerpt.value = { ...held, messages: way === 'before' ? [...more, ...held.messages] : [...held.messages, ...more], [way]: page.more }
  return page.more
}

/** An excerpt is not live, but what was removed or changed must not go on being shown. */
export function amend(room: string, event: RoomEvent): void {
  const held = excerpt.peek()
  if (held?.room !== room || !isChange(event)) return
  excerpt.value = { ...held, messages: held.messages.map((message) => (message.seq === event.target ? changed(message, event) : message)) }
}
