import { signal } from '@preact/signals'
import { words } from '../words.ts'
import { announce } from './announcer.ts'
import { fails } from './failures.ts'
import { call } from './http.ts'

export interface LoginRow {
  id: string
  label: string
  createdAt: number
  lastSeenAt: number
  address: string
  credential: 'cookie' | 'token'
  current: boolean
  connections: { id: string; node: string; since: number; lastFrameAt: number }[]
}

interface Ended {
  logins: number
  connections: number
  unconfirmed: number
}

export const logins = signal<readonly LoginRow[] | undefined>(undefined)
/** What the last ending did, in words. */
export const lastEnding = signal('')

/** This device first, then the one seen last. */
const order = (one: LoginRow, other: LoginRow): number => Number(other.current) - Number(one.current) || other.lastSeenAt - one.lastSeenAt

/** @throws Problem */
export async function loadLogins(): Promise<void> {
  logins.value = (await call<LoginRow[]>('GET', 'logins')).sort(order)
}

function inWords({ logins: ended, connections, unconfirmed }: Ended): string {
  const rest = unconfirmed > 0 ? ` ${words.logins.unconfirmed(unconfirmed)}` : ''
  return words.logins.ended(ended, connections) + rest
}

/** Ends one login, or with `others` all but this one, and shows at once what came of it. */
export async function endLogin(which: string | 'others'): Promise<void> {
  try {
    const ended = await call<Ended>('DELETE', which === 'others' ? 'logins' : `logins/${which}`)
    lastEnding.value = inWords(ended)
    announce(lastEnding.value)
    await loadLogins()
  } catch (error) {
    fails(error)
  }
}

/**
 * Takes the new password and ends all other logins; says in words what came of it.
 * @throws Problem
 */
export async function changePassword(current: string, next: string): Promise<string> {
  const done = `${words.password.done} ${inWords(await call<Ended>('POST', 'password', { current, next }))}`
  announce(done)
  void loadLogins().catch(() => undefined)
  return done
}
