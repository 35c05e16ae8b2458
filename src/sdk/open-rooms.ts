import type { RoomEvent } from '../protocol/events.ts'
import { openRoomsPerFrame } from '../protocol/limits.ts'
import type { Opened } from '../protocol/server-frames.ts'
import { type Deferred, defer } from './deferred.ts'
import { Refused, refusalFor } from './errors.ts'
import type { Ask } from './requests.ts'
import { createTimeline, type Timeline, type TimelineKeeper } from './timeline.ts'
import type { Timers } from './timers.ts'

export interface OpenRoomsDeps {
  ask: Ask
  isLive: () => boolean
  timers: Timers
  onTimeline(timeline: Timeline): void
  onNews(room: string, events: RoomEvent[]): void
}

export interface OpenRooms {
  open(room: string): Promise<Timeline>
  shut(room: string): void
  timeline(room: string): Timeline | undefined
  /** A new connection: all rooms are opened again, from where they are; `anew`: from nothing, because the store is another one. */
  connected(anew: boolean): void
  disconnected(): void
  events(room: string, events: RoomEvent[]): void
  reset(room: string): void
  /** Not mine any more. */
  gone(room: string, error: unknown): void
  /** An answer has proved that `seq` exists: if it does not arrive by itself, it is fetched. */
  expect(room: string, seq: number): void
  /** Forgets everything; whoever waits is told `error`. */
  clear(error: unknown): void
}

interface OpenRoom {
  keeper: TimelineKeeper
  opened: Deferred<Timeline>
  /** Which question the next answer belongs to; an older one is worth nothing. 0 = none asked. */
  asking: number
  /** The furthest seq that came while the room was being opened, behind a hole: with the answer, before it was taken up. 0 = none. */
  missed: number
  again: unknown
  overdue: unknown
}

const againMs = 1_000
const overdueMs = 3_000

/** The rooms that are open, and stay so over reconnects: from the last seq held on, without a hole. */
export function createOpenRooms({ ask, isLive, timers, onTimeline, onNews }: OpenRoomsDeps): OpenRooms {
  const rooms = new Map<string, OpenRoom>()
  const wanted = new Set<string>()
  let questions = 0
  let flushing = false

  function begin(room: string): OpenRoom {
    const history = (before: number, limit: number) => ask('history', { room, before, limit })
    const keeper = createTimeline(room, history, () => onTimeline(keeper.timeline))
    const entry: OpenRoom = { keeper, opened: defer(), asking: 0, missed: 0, again: undefined, overdue: undefined }
    rooms.set(room, entry)
    return entry
  }

  /** Rooms wanted in one turn share a frame. */
  function want(room: string): void {
    wanted.add(room)
    if (flushing) return
    flushing = true
    queueMicrotask(() => {
      flushing = false
      while (isLive() && wanted.size > 0) void askFor([...wanted].slice(0, openRoomsPerFrame))
    })
  }

  async function askFor(names: string[]): Promise<void> {
    const question = ++questions
    const asked = names.flatMap((room) => {
      wanted.delete(room)
      const entry = rooms.get(room)
      if (!entry) return []
      entry.asking = question
      return [{ room, ...entry.keeper.cursor() }]
    })
    if (asked.length === 0) return
    const waiting = (room: string) => (rooms.get(room)?.asking === question ? rooms.get(room) : undefined)
    try {
      const answer = await ask('open', { rooms: asked })
      for (const opened of answer.rooms) {
        const entry = waiting(opened.room)
        if (entry) take(entry, opened)
      }
    } catch (error) {
      if (!(error instanceof Refused)) return // lost with its connection: the next one asks again
      for (const { room } of asked) if (waiting(room)) refused(room, error)
    }
  }

  function take(entry: OpenRoom, opened: Opened): void {
    const { room } = opened
    entry.asking = 0
    if ('refused' in opened) refused(room, refusalFor(opened.refused))
    else if ('reset' in opened) restart(room)
    else page(entry, opened)
  }

  function page(entry: OpenRoom, { room, events, last, more }: Extract<Opened, { more: boolean }>): void {
    const { keeper, opened } = entry
    const before = keeper.timeline.last
    const news = keeper.page(events, more ? undefined : last)
    keeper.setLive(!more)
    if (more && keeper.timeline.last !== before) want(room)
    else if (more) later(room, againMs) // more, but nothing came: asking at once would never end
    onNews(room, news)
    onTimeline(keeper.timeline)
    if (more) return
    opened.resolve(keeper.timeline)
    const isBehind = entry.missed > keeper.timeline.last
    entry.missed = 0
    if (isBehind) catchUp(room, entry)
  }

  function refused(room: string, error: Refused): void {
    if (error.retryable) later(room, error.retryAfterMs ?? againMs)
    else gone(room, error)
  }

  function later(room: string, ms: number): void {
    const entry = rooms.get(room)
    if (!entry) return
    timers.clear(entry.again)
    entry.again = timers.set(() => want(room), ms)
  }

  function restart(room: string): void {
    const entry = rooms.get(room)
    if (!entry) return
    entry.keeper.restart()
    entry.missed = 0
    want(room)
    onTimeline(entry.keeper.timeline)
  }

  function gone(room: string, error: unknown): void {
    const entry = rooms.get(room)
    if (!entry) return
    rooms.delete(room)
    wanted.delete(room)
    timers.clear(entry.again)
    timers.clear(entry.overdue)
    entry.keeper.setLive(false)
    entry.opened.reject(error)
    onTimeline(entry.keeper.timeline)
  }

  function catchUp(room: string, entry: OpenRoom): void {
    entry.keeper.setLive(false)
    want(room)
  }

  return {
    open(room) {
      const known = rooms.get(room)
      if (known) return known.opened.promise
      const entry = begin(room)
      want(room)
      return entry.opened.promise
    },
    shut(room) {
      if (!rooms.has(room)) return
      gone(room, new Refused({ code: 'invalid', message: 'The room was shut.', retryable: false }))
      ask('shut', { rooms: [room] })
    },
    timeline: (room) => rooms.get(room)?.keeper.timeline,
    connected(anew) {
      for (const [room, entry] of rooms) {
        if (anew) entry.keeper.restart()
        want(room)
      }
    },
    disconnected() {
      wanted.clear()
      for (const entry of rooms.values()) {
        timers.clear(entry.again)
        timers.clear(entry.overdue)
        entry.asking = 0
        entry.missed = 0
        entry.keeper.setLive(false)
        onTimeline(entry.keeper.timeline)
      }
    },
    events(room, events) {
      const entry = rooms.get(room)
      if (!entry) return
      const { fresh, hole } = entry.keeper.live(events)
      if (hole && entry.asking === 0) catchUp(room, entry)
      // While the room is being opened its pages fill the hole; or they were read before this was said, and arrive together with it.
      else if (hole) entry.missed = Math.max(entry.missed, events.at(-1)?.seq ?? 0)
      onNews(room, fresh)
      onTimeline(entry.keeper.timeline)
    },
    reset: restart,
    gone,
    expect(room, seq) {
      const entry = rooms.get(room)
      if (!entry?.keeper.timeline.live || entry.keeper.timeline.last >= seq) return
      timers.clear(entry.overdue)
      entry.overdue = timers.set(() => {
        if (entry.keeper.timeline.live && entry.keeper.timeline.last < seq) catchUp(room, entry)
      }, overdueMs)
    },
    clear(error) {
      for (const room of [...rooms.keys()]) gone(room, error)
    },
  }
}
