import { signal } from '@preact/signals'
import type { Client } from '../../sdk/client.ts'
import { words } from '../words.ts'
import { me, rooms } from './chat.ts'
import { room as shownRoom } from './conversation.ts'
import { nameOf, roomName } from './people.ts'

/** ms over which a burst is counted, and how many are read out one by one within it. */
const burstMs = 2_000
const burstSize = 3

/** What a screen reader is told; the one polite and the one assertive region show it. */
export const polite = signal('')
export const assertive = signal('')

/** A trailing no-break space makes the same words a change, so that they are said again. */
const fresh = (before: string, said: string): string => (before === said ? `${said}\u00a0` : said)

export const announce = (said: string): void => {
  polite.value = fresh(polite.peek(), said)
}

/** For errors alone: interrupts. */
export const alarm = (said: string): void => {
  assertive.value = fresh(assertive.peek(), said)
}

/** Reads new messages of the shown room: the first few by name, a flood as a number. */
export function followMessages(client: Client): void {
  let came = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  client.on('message', ({ room, message }) => {
    if (room !== shownRoom.peek() || message.by === me.peek() || message.text === undefined) return
    came += 1
    if (came <= burstSize) announce(`${nameOf(message.by)}: ${message.text.slice(0, 300)}`)
    if (timer !== undefined) return
    timer = setTimeout(() => {
      const state = rooms.peek().get(room)
      if (came > burstSize && state !== undefined) announce(words.newIn(came - burstSize, roomName(state)))
      came = 0
      timer = undefined
    }, burstMs)
  })
}
