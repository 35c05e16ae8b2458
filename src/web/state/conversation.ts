import { computed, effect, signal, untracked } from '@preact/signals'
import type { MessageEvent, RoomEvent } from '../../protocol/events.ts'
import type { Client, Timeline } from '../../sdk/client.ts'
import { arrived, client, clockShift, line, me, outbox, rooms } from './chat.ts'
import { excerpt, leaveExcerpt, showAround } from './excerpt.ts'
import { loadMembers, membersOf } from './people.ts'
import { route } from './route.ts'
import { type Row, toRows } from './rows.ts'
import { phase } from './session.ts'

/** How many rooms stay open behind the one that is shown, so that going back to them is instant. */
const keptOpen = 12

/** Where a visit began: what came later than `read` is new. */
export interface Visit {
  room: string
  read: number
  /** Unread when the visit began. */
  unread: number
  /** The line is drawn only if there was something unread, or something came while nobody looked. */
  newAfter: number | undefined
}

export const room = computed(() => (route.value.page === 'room' ? route.value.room : undefined))
export const visit = signal<Visit | undefined>(undefined)
/** The SDK alters its timeline in place; a new wrapper tells the page. */
export const timeline = signal<{ of: Timeline } | undefined>(undefined)
/** Why the room could not be opened, in words of the server. */
export const openFault = signal('')
/** A message that is to be shown, marked and focused. */
export const target = signal<number | undefined>(undefined)

const none: readonly never[] = []
const opened: string[] = []

export const rows = computed<readonly Row[]>(() => {
  const here = room.value
  if (here === undefined || phase.value !== 'in') return none
  const opened = timeline.value?.of
  // Before its first page has come a room shows what was written in it here.
  const shown = opened?.room === here ? opened : undefined
  const part = excerpt.value
  if (part !== undefined) return toRows({ messages: part.messages, notices: none, pending: none, me: me.value, complete: !part.before })
  return toRows({
    messages: shown?.messages ?? none,
    notices: shown === undefined ? none : noticesIn(shown),
    // By the server's clock, as they will be once they are sent.
    pending: outbox.value.filter((item) => item.room === here).map((item) => ({ ...item, at: item.at + clockShift.value })),
    me: me.value,
    complete: shown?.complete ?? false,
    newAfter: visit.value?.newAfter,
  })
})

const shownNotices = new Set(['joined', 'left', 'renamed', 'topic', 'archived'])

/** Those that lie between loaded messages, or before the first when nothing lies before. */
function noticesIn(shown: Timeline): readonly RoomEvent[] {
  const first = shown.complete ? 0 : (shown.messages[0]?.seq ?? 0)
  return shown.notices.filter(({ seq, kind }) => seq > first && shownNotices.has(kind))
}

export function followConversation(dialled: Client): void {
  dialled.on('timeline', (changed) => {
    if (changed.room === room.peek() && timeline.peek()?.of.room === changed.room) timeline.value = { of: changed }
  })
  // Once when a room is shown, and again when it becomes mine while it is.
  const known = computed(() => room.value !== undefined && rooms.value.has(room.value))
  effect(() => {
    const asked = room.value
    const present = client.value
    if (present !== undefined && asked !== undefined && (known.value || arrived.value)) untracked(() => void enter(present, asked))
  })
  effect(() => {
    const at = route.value
    const { seq } = at.page === 'room' ? at : {}
    if (at.page === 'room' && seq !== undefined && timeline.value?.of.room === at.room) untracked(() => void reveal(seq))
  })
}

async function enter(present: Client, asked: string): Promise<void> {
  openFault.value = ''
  leaveExcerpt()
  beginVisit(asked)
  const held = present.timeline(asked)
  timeline.value = held === undefined ? undefined : { of: held }
  if (membersOf(asked).length === 0) void loadMembers(asked).catch(() => undefined)
  remember(present, asked)
  try {
    const found = await present.open(asked)
    await reach(found, visit.peek())
    if (room.peek() === asked) timeline.value = { of: found }
  } catch (error) {
    if (room.peek() === asked && error instanceof Error) openFault.value = error.message
  }
}

/** Pages in what is new, so that reading can begin there; not for ever: who was away for months starts at the end. */
async function reach(found: Timeline, begun: Visit | undefined): Promise<void> {
  for (let page = 0; page < 8 && begun?.newAfter !== undefined && begun.unread < 400; page += 1) {
    if (found.complete || (found.messages[0]?.seq ?? 0) <= begun.newAfter) return
    await found.older().catch(() => false)
  }
}

/** Keeps the last few rooms open and shuts the one that was not visited for longest. */
function remember(present: Client, asked: string): void {
  const at = opened.indexOf(asked)
  if (at >= 0) opened.splice(at, 1)
  opened.unshift(asked)
  for (const left of opened.splice(keptOpen)) present.shut(left)
}

export function beginVisit(asked: string): void {
  const state = rooms.peek().get(asked)
  const unread = state === undefined ? 0 : state.n - state.readN
  visit.value = { room: asked, read: state?.read ?? 0, unread, newAfter: unread > 0 ? state?.read : undefined }
}

/** Something came while nobody looked: the line moves there, once. */
export function missedFrom(read: number): void {
  const now = visit.peek()
  if (now !== undefined) visit.value = { ...now, read, newAfter: read }
}

let revealed = ''

/** Brings one message into view, from further back if it is not loaded. */
export async function reveal(seq: number): Promise<void> {
  const shown = timeline.peek()?.of
  if (shown === undefined) return
  const once = `${shown.room} ${seq}`
  if (once === revealed && target.peek() === seq) return
  revealed = once
  if (!holds(shown.messages, seq)) await shown.older().catch(() => false)
  if (!holds(shown.messages, seq) && shown.messages.length > 0 && line.peek().state === 'live') await showAround(shown.room, seq)
  target.value = seq
}

const holds = (messages: readonly MessageEvent[], seq: number): boolean => messages.some((message) => message.seq === seq)

/** Back from an excerpt to the newest. */
export function toLatest(): void {
  leaveExcerpt()
  revealed = ''
  target.value = undefined
}

export const messageAt = (seq: number): MessageEvent | undefined =>
  timeline.value?.of.messages.find((message) => message.seq === seq) ?? excerpt.value?.messages.find((message) => message.seq === seq)
