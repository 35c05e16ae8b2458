import { effect, signal } from '@preact/signals'
import type { Client } from '../../sdk/client.ts'
import { line, me, rooms } from './chat.ts'
import { missedFrom, room, timeline, visit } from './conversation.ts'
import { excerpt } from './excerpt.ts'

/** The last message of the shown room is on the screen. */
export const atEnd = signal(true)
/** Somebody can see this page. */
export const looking = signal(document.visibilityState === 'visible')

/** What was seen is read: the mark moves while the end of the room is in sight and the page is in front. */
export function followReading(client: Client): void {
  document.addEventListener('visibilitychange', () => {
    looking.value = document.visibilityState === 'visible'
  })
  effect(() => {
    const shown = timeline.value?.of
    const state = room.value === undefined ? undefined : rooms.value.get(room.value)
    if (shown === undefined || state === undefined || shown.room !== state.id || line.value.state !== 'live' || !shown.live) return
    if (!looking.value || !atEnd.value || excerpt.value !== undefined || state.n <= state.readN) return
    const last = shown.messages.at(-1)?.seq ?? 0
    if (last > state.read) void client.read(state.id, shown.last).catch(() => undefined)
  })
  client.on('message', ({ room: where, message }) => {
    if (where !== room.peek() || looking.peek() || message.by === me.peek()) return
    const read = rooms.peek().get(where)?.read ?? 0
    if ((visit.peek()?.newAfter ?? -1) < read) missedFrom(read)
  })
}
