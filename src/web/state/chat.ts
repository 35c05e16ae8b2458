import { computed, signal } from '@preact/signals'
import type { RoomState } from '../../protocol/events.ts'
import type { Client, ClientOptions, LineState, OutboxItem } from '../../sdk/client.ts'
import { Denied } from '../../sdk/errors.ts'
import { words } from '../words.ts'
import { call, Problem } from './http.ts'
import { outboxStorage } from './outbox-storage.ts'
import { check, end, onSignedInAgain, phase, recheck, session, tellSignedIn } from './session.ts'

/** The SDK's `connect`, or the rehearsal stage's. */
export type Dial = (options: ClientOptions) => Client

/** How a connection was lost; `code` = close code. */
export interface Break {
  at: number
  code: number | undefined
  why: string
}

export const client = signal<Client | undefined>(undefined)
export const line = signal<LineState>({ state: 'connecting', attempt: 0 })
export const rooms = signal<ReadonlyMap<string, RoomState>>(new Map())
export const outbox = signal<readonly OutboxItem[]>([])
/** The last ten, newest first. */
export const breaks = signal<readonly Break[]>([])
/** The first list of rooms has come. */
export const arrived = signal(false)
/** ms to add to this device's clock to get the server's. */
export const clockShift = signal(0)

export const me = computed(() => session.value?.account.id ?? '')
export const waiting = computed(() => outbox.value.length)
export const serverNow = (): number => Date.now() + clockShift.value

/** Dials, and keeps the signals of this file in step with the client. */
export function start(dial: Dial, account: string): Client {
  const dialled = dial({
    url: `wss://${location.host}/ws`,
    credential: ticket,
    outbox: outboxStorage(account),
  })
  client.value = dialled
  dialled.on('state', tellLine)
  dialled.on('rooms', (given) => {
    rooms.value = given
    arrived.value = true
  })
  dialled.on('outbox', (given) => {
    outbox.value = given
  })
  line.value = dialled.state
  onSignedInAgain(() => goOn(dialled))
  watchNetwork(dialled)
  return dialled
}

function tellLine(given: LineState): void {
  line.value = given
  if (given.state === 'live') {
    clockShift.value = given.welcome.now - Date.now()
    rooms.value = client.value?.rooms ?? rooms.value
    arrived.value = true
  }
  if (given.state === 'waiting') lost(given.code, given.why)
  if (given.state === 'stopped') {
    lost(given.code, given.why)
    if (given.signIn && phase.value === 'in') {
      end(given.why)
      // Another tab, or this one a moment ago, may have signed in anew.
      void recheck()
    }
  }
}

function lost(code: number | undefined, why: string): void {
  breaks.value = [{ at: Date.now(), code, why }, ...breaks.value].slice(0, 10)
}

/** A ticket for one attempt. The server's no to it is the verdict that a refused upgrade cannot carry. */
async function ticket(): Promise<{ ticket: string }> {
  try {
    return await call<{ ticket: string }>('POST', 'ticket')
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.status === 401) throw new Denied('new-credentials', error.message || words.ended.elsewhere)
    throw new Denied('back-off', error.message || words.line.unreachable, error.retryAfterMs)
  }
}

/** Under the new login. A connection of the old one, should it still stand, is left first. */
function goOn(dialled: Client): void {
  if (dialled.state.state !== 'live') {
    dialled.resume()
    return
  }
  const leave = dialled.on('state', ({ state }) => {
    leave()
    if (state === 'waiting') dialled.retryNow()
  })
  void dialled.request('bye', {}).catch(() => undefined)
}

function watchNetwork(dialled: Client): void {
  addEventListener('online', () => dialled.setOnline(true))
  addEventListener('offline', () => dialled.setOnline(false))
  addEventListener('pageshow', () => dialled.retryNow())
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') dialled.retryNow()
  })
  if (!navigator.onLine) dialled.setOnline(false)
}

/** Who is asking, before anything is drawn. `unreachable` is tried again by hand. */
export async function begin(dial: Dial, started: (client: Client) => void): Promise<void> {
  try {
    const { account } = await check()
    phase.value = 'in'
    tellSignedIn()
    if (client.value === undefined) started(start(dial, account.id))
  } catch (error) {
    if (error instanceof Problem && error.status === 401) location.replace(`/login?next=${encodeURIComponent(location.pathname)}`)
    else phase.value = 'unreachable'
  }
}
