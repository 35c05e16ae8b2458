import { signal } from '@preact/signals'
import type { Client } from '../../sdk/client.ts'
import { line } from './chat.ts'

const tellEvery = 60_000
const awayAfter = 5 * 60_000

/** ms since 1970, by the server's clock, at which the login ends for want of activity. */
export const idleEnd = signal<number | undefined>(undefined)

let idleMs = 0
let toldAt = 0
let tell: () => void = () => undefined

/** What the server counts as activity is told to it: somebody is at this page. */
export const stillHere = (): void => tell()

/** Tells the server that somebody is at the keyboard (at most once a minute), and when nobody is any more. */
export function followActivity(client: Client): void {
  let away: ReturnType<typeof setTimeout> | undefined
  const leaves = () => client.presence('away')
  tell = () => {
    toldAt = Date.now()
    client.presence('active')
    if (idleEnd.value !== undefined && line.value.state === 'live') idleEnd.value = Math.max(idleEnd.value, toldAt + idleMs)
  }
  const acts = () => {
    clearTimeout(away)
    away = setTimeout(leaves, awayAfter)
    if (Date.now() - toldAt >= tellEvery) tell()
  }
  client.on('state', (given) => {
    if (given.state !== 'live') return
    const { login, now } = given.welcome
    idleEnd.value = login.idleAt
    idleMs = login.idleAt === undefined ? 0 : login.idleAt - now
    if (document.visibilityState === 'visible' && document.hasFocus()) tell()
  })
  for (const kind of ['keydown', 'pointerdown', 'wheel', 'focus']) addEventListener(kind, acts, { passive: true, capture: true })
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'visible' ? acts() : leaves()))
}
