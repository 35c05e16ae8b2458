import { computed, effect, signal } from '@preact/signals'
import { words } from '../words.ts'
import { line, waiting } from './chat.ts'

/** ms for which a lost connection is not worth a word. */
const blipMs = 1_000
const backMs = 2_000

/** The connection has been away for longer than a blip. */
const missed = signal(false)
/** It has just come back after that. */
const back = signal(false)
let wasLive = false
let leaving: ReturnType<typeof setTimeout> | undefined

effect(() => {
  const { state } = line.value
  if (state === 'live') return comesBack()
  // One timer from the loss on: attempts that come and go meanwhile do not start it anew.
  leaving ??= setTimeout(
    () => {
      missed.value = true
    },
    state === 'offline' ? 0 : blipMs,
  )
})

function comesBack(): void {
  clearTimeout(leaving)
  leaving = undefined
  wasLive = true
  if (!missed.peek()) return
  missed.value = false
  back.value = true
  setTimeout(() => {
    back.value = false
  }, backMs)
}

/** The dot beside my name. */
export const lineWords = computed((): { look: 'live' | 'trying' | 'off'; words: string } => {
  switch (line.value.state) {
    case 'live':
      return { look: 'live', words: words.line.live }
    case 'connecting':
    case 'waiting':
      return { look: 'trying', words: wasLive ? words.line.reconnecting : words.line.connecting }
    case 'offline':
      return { look: 'off', words: words.line.offline }
    case 'stopped':
      return { look: 'off', words: words.line.stopped }
  }
})

/** The line above the conversation: nothing while all is well, and never a dialog. */
export const lineBanner = computed((): { words: string; tryNow: boolean; look: 'ok' | 'warn' } | undefined => {
  const now = line.value
  if (now.state === 'live') return back.value ? { words: words.line.back, tryNow: false, look: 'ok' } : undefined
  if (now.state === 'offline') return { words: words.line.offlineWaiting(waiting.value), tryNow: false, look: 'warn' }
  if (now.state === 'stopped') return { words: now.why, tryNow: false, look: 'warn' }
  if (!missed.value) return undefined
  const safe = waiting.value === 0 ? '' : ` ${words.line.waiting(waiting.value)}`
  return { words: `${wasLive ? words.line.reconnecting : words.line.connecting}${safe}`, tryNow: true, look: 'warn' }
})
