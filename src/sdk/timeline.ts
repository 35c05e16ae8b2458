import type { MessageEvent, RoomEvent } from '../protocol/events.ts'
import type { Page } from '../protocol/server-frames.ts'
import { quiet } from './deferred.ts'
import { changed, isChange } from './present-form.ts'

/** One open room as it is now. The object stays the same; its lists are replaced when they change, never altered. */
export interface Timeline {
  readonly room: string
  /** Present form (edits, removals and reactions worked in), by seq. */
  readonly messages: readonly MessageEvent[]
  /** Joined, left, renamed, topic … by seq. */
  readonly notices: readonly RoomEvent[]
  /** The last seq held; 0 = none. */
  readonly last: number
  /** Reaches back to the first message that one may read. */
  readonly complete: boolean
  /** Everything up to now is held and what comes next arrives by itself. */
  readonly live: boolean
  /** Something is held, but it may be behind: the connection is gone or the room is being caught up. */
  readonly stale: boolean
  /** Pages in what lies before. @returns whether there is more. @throws Refused, Lost */
  older(): Promise<boolean>
}

/** The side of a timeline that its keeper writes to. */
export interface TimelineKeeper {
  readonly timeline: Timeline
  /** Where to go on: the last seq held with its id; undefined = nothing held, or nothing that still counts. */
  cursor(): { after: number; id?: string } | undefined
  setLive(live: boolean): void
  /** What is held stays to be seen until the next page replaces it, but is no longer gone on from. */
  restart(): void
  /** A page of `open`. `reaches`: the room's last seq, if the page ends there. @returns what is new, if the page went on from a cursor. */
  page(events: RoomEvent[], reaches?: number): RoomEvent[]
  /** Live events: takes those that go on without a hole. @returns what was new, and whether a hole is left before the rest. */
  live(events: RoomEvent[]): { fresh: RoomEvent[]; hole: boolean }
}

/** A room that is read for weeks must not fill the memory. */
const mostMessages = 5_000
const mostNotices = 1_000
const pageMessages = 50

/** @param history asks the server for a page of what lies before a seq. */
export function createTimeline(
  room: string,
  history: (before: number, limit: number) => Promise<Page>,
  onChange: () => void,
): TimelineKeeper {
  let messages: readonly MessageEvent[] = []
  let notices: readonly RoomEvent[] = []
  let first = 0
  let last = 0
  let lastId: string | undefined
  let complete = false
  let live = false
  let fresh = true
  let paging: Promise<boolean> | undefined
  /** Raised when the beginning of what is held changes: an older page still under way then fits nowhere. */
  let age = 0

  function append(events: RoomEvent[]): void {
    if (events.length === 0) return
    const next = [...messages]
    const said: RoomEvent[] = []
    for (const event of events) {
      if (event.kind === 'message') next.push(event)
      else if (!isChange(event)) said.push(event)
      else {
        const at = find(next, event.target)
        if (at >= 0) next[at] = changed(next[at]!, event)
      }
      last = event.seq
      lastId = event.id
    }
    if (first === 0) first = events[0]!.seq
    messages = next
    if (said.length > 0) notices = [...notices, ...said].slice(-mostNotices)
  }

  function trim(): void {
    if (messages.length <= mostMessages) return
    age++
    messages = messages.slice(-mostMessages)
    first = messages[0]!.seq
    notices = notices.filter((notice) => notice.seq > first)
    complete = false
  }

  async function pageOlder(): Promise<boolean> {
    const mine = age
    const { events, more } = await history(first, pageMessages)
    if (mine !== age) return !complete
    const before = events.filter((event) => event.seq < first)
    messages = [...before.filter((event) => event.kind === 'message'), ...messages]
    notices = [...before.filter((event) => event.kind !== 'message' && !isChange(event)), ...notices]
    first = before[0]?.seq ?? first
    complete = !more || before.length === 0
    onChange()
    return !complete
  }

  const timeline: Timeline = {
    room,
    get messages() {
      return messages
    },
    get notices() {
      return notices
    },
    get last() {
      return last
    },
    get complete() {
      return complete
    },
    get live() {
      return live
    },
    get stale() {
      return !live && last > 0
    },
    older() {
      if (complete || first === 0) return Promise.resolve(false)
      paging ??= quiet(
        pageOlder().finally(() => {
          paging = undefined
        }),
      )
      return paging
    },
  }

  return {
    timeline,
    cursor: () => (fresh || last === 0 ? undefined : { after: last, ...(lastId === undefined ? {} : { id: lastId }) }),
    setLive(value) {
      live = value
    },
    restart() {
      fresh = true
      live = false
    },
    page(events, reaches) {
      const wentOn = !fresh
      if (fresh) {
        age++
        messages = notices = []
        first = last = 0
        lastId = undefined
        fresh = false
      }
      const news = events.filter((event) => event.seq > last)
      append(news)
      trim()
      if (!wentOn) complete = first === 1 || (first === 0 && reaches !== undefined)
      if (reaches !== undefined && reaches > last) {
        last = reaches
        lastId = undefined
      }
      return wentOn ? news : []
    },
    live(events) {
      if (fresh) return { fresh: [], hole: true }
      const news = events.filter((event) => event.seq > last)
      const broken = news.findIndex((event, i) => event.seq !== last + 1 + i)
      const whole = broken < 0 ? news : news.slice(0, broken)
      append(whole)
      trim()
      return { fresh: whole, hole: broken >= 0 }
    },
  }
}

/** Binary search by seq; −1 when that message is not held. */
function find(messages: readonly MessageEvent[], seq: number): number {
  let low = 0
  let high = messages.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const here = messages[middle]!.seq
    if (here === seq) return middle
    if (here < seq) low = middle + 1
    else high = middle - 1
  }
  return -1
}
