import { closes, verdictOf } from '../protocol/codes.ts'
import type { Welcome } from '../protocol/server-frames.ts'
import { createBackOff } from './back-off.ts'
import { type Connection, type ConnectionDeps, createConnection, type End } from './connection.ts'
import { defer } from './deferred.ts'
import { Denied, Lost } from './errors.ts'
import type { Ask } from './requests.ts'

/** What a person may be told about the connection. */
export type LineState =
  | { state: 'connecting'; attempt: number }
  | { state: 'live'; welcome: Welcome }
  /** `retryAt`: ms since 1970. `code`: the close code, if a close led here. */
  | { state: 'waiting'; why: string; code?: number; retryAt: number }
  /** The device says that it has no network; the next attempt comes with `setOnline(true)`. */
  | { state: 'offline' }
  /** Nothing more is tried until `resume()`. `signIn`: a new login would help. */
  | { state: 'stopped'; code?: number; why: string; signIn: boolean }

export interface LineDeps extends Omit<ConnectionDeps, 'onWelcome' | 'onEnd'> {
  random: () => number
  onState(state: LineState): void
}

export interface Line {
  readonly state: LineState
  ask: Ask
  /** Attempts now, unless offline or stopped; a live connection is asked for a sign of life. */
  retryNow(): void
  setOnline(online: boolean): void
  resume(): void
  close(): Promise<void>
}

/** An attempt younger than this (ms) is not replaced by "try now". */
const youngMs = 3_000
/** So long (ms) must a welcomed connection have held before waits become short again. */
const settledMs = 10_000
/** Above 2³¹ ms a timer fires at once: a server that says "next month" must not make a loop. */
const longestWaitMs = 3_600_000

const signInHelps = [closes.signedOut.code, closes.ended.code, closes.subjectMismatch.code] as readonly number[]

/** At most one connection at a time; after its end, what the close code says (PROTOCOL.md "Close codes"). */
export function createLine({ random, onState, ...deps }: LineDeps): Line {
  const { timers, now } = deps
  const backOff = createBackOff(random)
  let state: LineState = { state: 'waiting', why: 'Not begun.', retryAt: now() }
  let since = now()
  let connection: Connection | undefined
  let alarm: unknown
  let attempts = 0
  let turnedAway = false
  let online = true
  let closed = false

  /** Always the last act of a function: whoever is told may call back. */
  function change(next: LineState): void {
    state = next
    since = now()
    onState(next)
  }

  function attempt(): void {
    void letGo()
    connection = createConnection(turnedAway ? 'new-credentials' : 'attempt', { ...deps, onEnd: ended, onWelcome: welcomed })
    change({ state: 'connecting', attempt: ++attempts })
  }

  function letGo(): Promise<void> {
    timers.clear(alarm)
    const old = connection
    connection = undefined
    return old?.drop() ?? Promise.resolve()
  }

  function welcomed(welcome: Welcome): void {
    attempts = 0
    turnedAway = false
    change({ state: 'live', welcome })
  }

  function ended(how: End): void {
    connection = undefined
    if (state.state === 'live' && now() - since >= settledMs) backOff.reset()
    if ('denied' in how) denied(how.denied)
    // Not an address, or not a credential that fits into a header: trying again changes nothing.
    else if ('unusable' in how) change({ state: 'stopped', why: wordsOf(how.unusable), signIn: false })
    else closedWith(how.code, how.words || wordsFor(how.code), how.window)
  }

  function denied(error: unknown): void {
    if (!(error instanceof Denied)) wait(backOff.afterDenial(), wordsOf(error))
    else if (error.verdict === 'back-off') wait(backOff.afterDenial(error.retryAfterMs), error.message)
    else change({ state: 'stopped', why: error.message, signIn: error.verdict === 'new-credentials' })
  }

  function closedWith(code: number, why: string, window?: [number, number]): void {
    const verdict = verdictOf(code)
    if (verdict === 'new-credentials') turnedAway = true
    if (verdict === 'stop') change({ state: 'stopped', code, why, signIn: signInHelps.includes(code) })
    else wait(backOff.afterClose(code, window), why, code)
  }

  function wait(ms: number, why: string, code?: number): void {
    const patience = Math.min(ms, longestWaitMs)
    alarm = timers.set(attempt, patience)
    change({ state: 'waiting', why, retryAt: now() + patience, ...(code === undefined ? {} : { code }) })
  }

  function retryNow(): void {
    if (closed || !online) return
    const tooOld = state.state === 'connecting' && now() - since >= youngMs
    if (state.state === 'live') connection?.probe()
    else if (tooOld || state.state === 'waiting' || state.state === 'offline') attempt()
  }

  return {
    get state() {
      return state
    },
    ask: (type, fields) => {
      if (connection) return connection.ask(type, fields)
      const never = defer<never>()
      never.reject(new Lost('There is no connection.'))
      return never.promise
    },
    retryNow,
    setOnline(value) {
      online = value
      if (value) retryNow()
      else if (state.state !== 'stopped' && state.state !== 'offline') {
        void letGo() // a socket may outlive its network by minutes; better to say so now and come back
        change({ state: 'offline' })
      }
    },
    resume() {
      if (closed || state.state !== 'stopped') return
      backOff.reset()
      attempts = 0
      if (online) attempt()
      else change({ state: 'offline' })
    },
    close() {
      if (closed) return Promise.resolve()
      closed = true
      const gone = letGo()
      change({ state: 'stopped', why: 'Closed.', signIn: false })
      return gone
    },
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const wordsFor = (code: number): string =>
  Object.values(closes).find((close) => close.code === code)?.words ?? 'The server cannot be reached.'
