import { computed, effect } from '@preact/signals'
import mark from '../mark.svg?url'
import markNew from '../mark-new.svg?url'
import { words } from '../words.ts'
import { rooms } from './chat.ts'
import { room } from './conversation.ts'
import { instance } from './instance.ts'
import { roomName } from './people.ts'
import { route } from './route.ts'
import { phase } from './session.ts'
import { badgeOf } from './unread.ts'

/** How many messages are for me: mentions, and all unread ones of direct rooms. */
const forMe = computed(() => [...rooms.value.values()].reduce((sum, state) => sum + badgeOf(state), 0))

const place = computed(() => {
  if (route.value.page === 'logins') return words.logins.title
  const state = room.value === undefined ? undefined : rooms.value.get(room.value)
  return state === undefined ? '' : roomName(state)
})

/** “(2) ops — Parley”, the dot on the tab's icon, the number on the installed app. Nothing of it while no one is signed in. */
export function followTitle(): void {
  effect(() => {
    const count = phase.value === 'in' ? forMe.value : 0
    const name = phase.value === 'in' ? place.value : ''
    document.title = `${count > 0 ? `(${count}) ` : ''}${name === '' ? '' : `${name} — `}${instance}`
    document.querySelector('link[rel=icon]')?.setAttribute('href', count > 0 ? markNew : mark)
    if ('setAppBadge' in navigator) void (count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined)
  })
}
