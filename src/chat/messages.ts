import type { Bus } from '../bus/bus.ts'
import { isLonger } from '../protocol/client-frames.ts'
import { Refusal } from '../protocol/codes.ts'
import type { Opened, Page, Posted } from '../protocol/server-frames.ts'
import type { Act } from '../store/append.ts'
import type { OpenAsk, Reads } from '../store/reads.ts'
import type { Actor, Log } from './log.ts'
import type { Pace } from './pace.ts'
import { controlTopic, roomTopic } from './topics.ts'

interface Deps {
  log: Log
  reads: Reads
  bus: Bus
  pace: Pace
  textLength: () => number
}
interface Post {
  room: string
  key: string
  text: string
  replyTo?: number | undefined
}
interface Target {
  room: string
  key: string
  seq: number
}
interface HistoryAsk {
  before?: number | undefined
  after?: number | undefined
  around?: number | undefined
  limit: number
}

/**
 * What is said in rooms. Each write enters the store's queue before the call returns its promise, so that the
 * order of calls is the order of the log.
 */
export function createMessages({ log, reads, bus, pace, textLength }: Deps) {
  /**
   * One write, at its login's pace. One that comes too fast still goes to the store, marked `known`: if it repeats an
   * earlier key it gets the first answer again, whatever the pace.
   */
  async function write(who: Actor, room: string, act: Act): Promise<Posted> {
    const retryAfterMs = who.login === undefined ? 0 : pace(who.login)
    try {
      const { seq, id, at, duplicate } = await log.note(who, room, act, retryAfterMs > 0 ? true : undefined)
      return { seq, id, at, ...(duplicate ? { duplicate } : {}) }
    } catch (error) {
      throw error instanceof Refusal && error.code === 'rate_limited' ? new Refusal('rate_limited', undefined, { retryAfterMs }) : error
    }
  }

  function checkLength(text: string): void {
    if (isLonger(text, textLength())) throw new Refusal('too_large', `A text may have at most ${textLength()} characters.`)
  }

  return {
    async post(who: Actor, { room, key, text, replyTo }: Post): Promise<Posted> {
      checkLength(text)
      return write(who, room, { act: 'post', key, text, ...(replyTo === undefined ? {} : { replyTo }), names: namesIn(text) })
    },
    async edit(who: Actor, { room, key, seq, text }: Target & { text: string }): Promise<Posted> {
      checkLength(text)
      return write(who, room, { act: 'edit', key, target: seq, text, names: namesIn(text) })
    },
    remove: (who: Actor, { room, key, seq }: Target): Promise<Posted> => write(who, room, { act: 'remove', key, target: seq }),
    react: (who: Actor, { room, key, seq, emoji, on }: Target & { emoji: string; on: boolean }): Promise<Posted> =>
      write(who, room, { act: 'react', key, target: seq, emoji, on }),

    /** Moves the own mark forward and tells one's other devices. */
    async read(who: Actor, room: string, seq: number): Promise<void> {
      const done = await log.write(who, room, { act: 'read', seq })
      if (!('moved' in done) || !done.moved) return
      await bus.publish(controlTopic, { kind: 'marks', account: who.account, room, read: done.read, readN: done.readN })
    },
    typing: (who: Actor, room: string): Promise<void> => bus.publish(roomTopic(room), { kind: 'typing', room, account: who.account }),

    open: (account: string, asks: OpenAsk[]): Promise<Opened[]> => reads.open(account, asks),
    history: (account: string, room: string, { before, after, around, limit }: HistoryAsk): Promise<Page> =>
      reads.history(account, room, {
        limit,
        ...(before === undefined ? {} : { before }),
        ...(after === undefined ? {} : { after }),
        ...(around === undefined ? {} : { around }),
      }),
  }
}

export type Messages = ReturnType<typeof createMessages>

/** The @names in a text, folded: candidates, which the store looks up among the members. */
export function namesIn(text: string): string[] {
  if (!text.includes('@')) return []
  const names = text.matchAll(/(?<![\p{L}\p{N}_.@-])@([A-Za-z0-9][A-Za-z0-9._-]{0,31})/gu)
  return [
    ...new Set(
      [...names].flatMap(([, name]) => [name as string, (name as string).replace(/[.-]+$/, '')]).map((name) => name.toLowerCase()),
    ),
  ]
}
