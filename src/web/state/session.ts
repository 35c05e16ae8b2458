import { signal } from '@preact/signals'
import type { Account } from '../../protocol/events.ts'
import { words } from '../words.ts'
import { call, onStaleCsrf, Problem, useCsrf } from './http.ts'
import { instance } from './instance.ts'

export interface Session {
  account: Account
  login: { id: string; createdAt?: number; expiresAt?: number }
  csrf: string
}

/**
 * `starting` nothing is known yet · `in` · `ended` the login is over: nothing of the content is shown, a sign-in goes on in place ·
 * `unreachable` the server did not answer at the start.
 */
export type Phase = 'starting' | 'in' | 'ended' | 'unreachable'

export const session = signal<Session | undefined>(undefined)
export const phase = signal<Phase>('starting')
/** Why the login is over, in words. */
export const endedWhy = signal('')

/** What the tabs of one browser tell each other: no secrets, no content. */
type Told = { told: 'signed-in'; account: string } | { told: 'signed-out' }
const tabs = new BroadcastChannel('parley')
const resumes = new Set<() => void>()

/** Called when the same account has signed in again. */
export const onSignedInAgain = (run: () => void): void => {
  resumes.add(run)
}

/**
 * Reads who is signed in. An account other than before: the whole page starts anew.
 * @throws Problem
 */
export async function check(): Promise<Session> {
  const found = await call<Session>('GET', 'session')
  await accept(found)
  return found
}

/** Of another account: the page goes away, and whatever waits for this must not go on with what it holds of the first. */
async function accept(found: Session): Promise<void> {
  if (session.value !== undefined && session.value.account.id !== found.account.id) {
    startAnew('/')
    await new Promise(() => undefined)
  }
  useCsrf(found.csrf)
  session.value = found
}

/** Leaves nothing readable behind before the browser loads the next page. */
export function startAnew(path: string): void {
  phase.value = 'starting'
  document.title = instance
  location.replace(path)
}

/**
 * Signs in without leaving the page, after a login has ended or before it does.
 * @throws Problem
 */
export async function signIn(name: string, password: string): Promise<void> {
  const found = await call<Session>('POST', 'login', { name, password })
  await accept(found)
  tellSignedIn()
  goOn()
}

/** Other tabs that were signed out go on, and those of another account start anew. */
export function tellSignedIn(): void {
  if (session.value !== undefined) tabs.postMessage({ told: 'signed-in', account: session.value.account.id } satisfies Told)
}

function goOn(): void {
  phase.value = 'in'
  endedWhy.value = ''
  for (const run of resumes) run()
}

/** The login is over: hide everything at once, then say why. */
export function end(why: string): void {
  endedWhy.value = why
  phase.value = 'ended'
}

/** Ends this login on the server; whatever that answers, nothing stays on the screen. */
export async function signOut(): Promise<void> {
  phase.value = 'starting'
  await call('POST', 'logout').catch(() => undefined)
  tabs.postMessage({ told: 'signed-out' } satisfies Told)
  startAnew('/login')
}

/** 401 = there is no login; anything else is no verdict on it. */
export const isSignedOut = (error: unknown): boolean => error instanceof Problem && error.status === 401

/** Looks again whether the login still holds: after the page came back from the browser's cache, or another tab signed in. */
export async function recheck(): Promise<void> {
  try {
    await check()
    if (phase.value === 'ended') goOn()
  } catch (error) {
    if (isSignedOut(error) && phase.value === 'in') end(words.ended.elsewhere)
  }
}

export function watchSession(): void {
  onStaleCsrf(() => check().then(() => undefined))
  tabs.onmessage = ({ data }: MessageEvent<Told>) => {
    if (data.told === 'signed-out' && phase.value === 'in') end(words.ended.here)
    if (data.told === 'signed-in' && (phase.value === 'ended' || data.account !== session.value?.account.id)) void recheck()
  }
  addEventListener('pageshow', (event) => {
    if (!event.persisted) return
    const before = phase.value
    phase.value = 'starting'
    check().then(
      () => {
        phase.value = before
      },
      () => startAnew('/login'),
    )
  })
}
