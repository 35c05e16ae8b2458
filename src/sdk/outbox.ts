import type { Posted } from '../protocol/server-frames.ts'
import { defer, quiet, rejected } from './deferred.ts'
import { Discarded, Lost, Refused } from './errors.ts'
import { newKey } from './key.ts'
import type { OutboxItem, OutboxStorage } from './outbox-item.ts'
import type { Ask } from './requests.ts'
import type { Timers } from './timers.ts'
import { createTray, type Entry } from './tray.ts'

export type { OutboxItem, OutboxStorage }

export interface Outbox {
  /** Own messages not yet seen in their timeline, in the order in which they were written. */
  items(room?: string): readonly OutboxItem[]
  /** A failed one goes again, under the same key. */
  retry(key: string): void
  retryAll(room: string): void
  /** Gives it up. One that is on its way may arrive all the same. */
  discard(key: string): Promise<void>
}

export interface OutboxDeps {
  storage: OutboxStorage
  ask: Ask
  isLive: () => boolean
  timers: Timers
  now: () => number
  random: () => number
  /** An acknowledged message leaves when its timeline shows it, so that it is never gone from the screen in between. */
  isSeen: (room: string, seq: number) => boolean
  onPosted(room: string, seq: number): void
  onChange(items: readonly OutboxItem[]): void
  onFault(error: unknown): void
}

export interface OutboxKeeper extends Outbox {
  post(room: string, text: string, more: { replyTo?: number; key?: string }): Promise<Posted>
  /** @param pending unanswered requests that the server takes. */
  connected(account: string, pending: number): void
  /** The timeline of `room` holds everything up to `last`. */
  seen(room: string, last: number): void
  close(): void
}

const mostInFlight = 16
const mostItems = 10_000
const longestPauseMs = 30_000
const full = new Refused({ code: 'too_many_pending', message: 'Too many messages wait to be sent.', retryable: true })

/**
 * Keeps what was written until it is acknowledged or refused for good. In each room one is on its way at a time: of two in
 * flight the first may be refused by a limit and the second not, and then the second would overtake.
 */
export function createOutbox(deps: OutboxDeps): OutboxKeeper {
  const { ask, isLive, timers, now, random, isSeen, onPosted } = deps
  const tray = createTray({ ...deps, onChange: () => deps.onChange(items()), onReady: pump })
  let me: string | undefined
  let flying = 0
  let most = 1
  let alarm: unknown
  let closed = false

  /** What another account left on this device is neither shown nor sent. */
  const mine = ({ item }: Entry) => me === undefined || item.account === undefined || item.account === me

  function items(room?: string): OutboxItem[] {
    return tray.entries.filter((entry) => mine(entry) && (room === undefined || entry.item.room === room)).map(({ item }) => item)
  }

  /** Sends what may go: of each room the first that is neither failed nor acknowledged; those behind it wait. */
  function pump(): void {
    if (!tray.loaded || closed || !isLive()) return
    const rooms = new Set<string>()
    let next = Number.POSITIVE_INFINITY
    for (const entry of tray.entries) {
      const { room, state, account } = entry.item
      if (account !== me || state === 'failed' || entry.seq !== undefined || rooms.has(room)) continue
      rooms.add(room)
      if (state === 'sending' || !entry.stored) continue
      if (entry.notBefore > now()) next = Math.min(next, entry.notBefore)
      else if (flying < most) quiet(send(entry))
    }
    timers.clear(alarm)
    if (next < Number.POSITIVE_INFINITY) alarm = timers.set(pump, next - now())
  }

  async function send(entry: Entry): Promise<void> {
    const { room, key, text, replyTo } = entry.item
    flying++
    const answer = ask('post', { room, key, text, ...(replyTo === undefined ? {} : { replyTo }) })
    tray.change(entry, { state: 'sending' })
    try {
      acknowledged(entry, await answer)
    } catch (error) {
      turnedDown(entry, error)
    } finally {
      flying--
      pump()
    }
  }

  function acknowledged(entry: Entry, posted: Posted): void {
    const { key, room } = entry.item
    entry.seq = posted.seq
    entry.posted.resolve(posted)
    void tray.forget(key)
    if (isSeen(room, posted.seq)) tray.remove((other) => other === entry)
    onPosted(room, posted.seq)
  }

  function turnedDown(entry: Entry, error: unknown): void {
    if (!(error instanceof Refused)) tray.change(entry, { state: 'waiting' })
    else if (error.retryable || error.code === 'signed_out') {
      // After `signed_out` the message waits for the next login: what was typed is not lost to an ended one.
      const pause = error.retryAfterMs ?? random() * Math.min(longestPauseMs, 1_000 * 2 ** entry.tries++)
      entry.notBefore = error.code === 'signed_out' ? Number.POSITIVE_INFINITY : now() + pause
      tray.change(entry, { state: 'waiting' })
    } else {
      tray.change(entry, { state: 'failed', refusal: { code: error.code, message: error.message } })
      tray.keep(entry)
      entry.posted.reject(error)
    }
  }

  function retry(entry: Entry | undefined): void {
    if (entry?.item.state !== 'failed') return
    Object.assign(entry, { posted: defer<Posted>(), notBefore: 0, tries: 0 })
    tray.change(entry, { state: 'waiting' })
    tray.keep(entry)
  }

  return {
    items,
    retry: (key) => retry(tray.find(key)),
    retryAll(room) {
      for (const entry of tray.entries) if (entry.item.room === room) retry(entry)
    },
    async discard(key) {
      const entry = tray.find(key)
      if (!entry) return
      tray.remove((other) => other === entry)
      entry.posted.reject(new Discarded('Taken back.'))
      pump()
      await tray.forget(key)
    },
    post(room, text, { replyTo, key = newKey() }) {
      if (closed) return rejected(new Lost('The client was closed.'))
      const known = tray.find(key)
      if (known && known.item.state !== 'failed') return known.posted.promise
      if (tray.entries.length >= mostItems) return rejected(full)
      tray.remove((entry) => entry === known)
      const from = me === undefined ? {} : { account: me }
      return tray.add({ key, room, text, ...from, ...(replyTo === undefined ? {} : { replyTo }) }, now()).posted.promise
    },
    connected(account, pending) {
      me = account
      most = Math.max(1, Math.min(mostInFlight, pending >> 1))
      for (const entry of tray.entries) {
        if (entry.notBefore === Number.POSITIVE_INFINITY) entry.notBefore = 0
        if (entry.item.account !== undefined) continue
        tray.change(entry, { account })
        if (entry.stored) tray.keep(entry)
      }
      pump()
    },
    seen(room, last) {
      tray.remove(({ item, seq }) => item.room === room && seq !== undefined && seq <= last)
    },
    close() {
      closed = true
      timers.clear(alarm)
      for (const { posted } of tray.entries) posted.reject(new Lost('The client was closed.'))
    },
  }
}
