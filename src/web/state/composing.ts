import { signal } from '@preact/signals'
import type { MessageEvent } from '../../protocol/events.ts'
import { client, me, outbox } from './chat.ts'
import { timeline, toLatest } from './conversation.ts'
import { type Draft, draftOf, keepDraft } from './drafts.ts'
import { fails } from './failures.ts'

/** What the composer holds: a new message, or an old one that is being changed. */
export interface Composing extends Draft {
  room: string
  editing?: number
}

export const composing = signal<Composing>({ room: '', text: '' })
/** Rises when the composer should take the focus. */
export const focusComposer = signal(0)

const takeFocus = (): void => {
  focusComposer.value += 1
}

/** Another room is shown: its own draft is. */
export function compose(room: string): void {
  if (composing.peek().room !== room) composing.value = { room, ...draftOf(room) }
}

/** On every key. A change to an old message is not a draft: leaving it gives the draft back. */
export function type(text: string): void {
  const now = { ...composing.peek(), text }
  composing.value = now
  if (now.editing !== undefined) return
  keepDraft(now.room, now.replyTo === undefined ? { text } : { text, replyTo: now.replyTo })
  if (text !== '') client.peek()?.typing(now.room)
}

export function replyTo(message: MessageEvent): void {
  const { room, text, editing } = composing.peek()
  composing.value = { room, text: editing === undefined ? text : draftOf(room).text, replyTo: message.seq }
  keepDraft(room, { text: composing.peek().text, replyTo: message.seq })
  takeFocus()
}

export function edit(message: MessageEvent): void {
  composing.value = { room: composing.peek().room, text: message.text ?? '', editing: message.seq }
  takeFocus()
}

/** The last message of mine. One that is still on its way cannot be changed yet, and the one before it is not meant. */
export function editLast(): boolean {
  if (outbox.peek().some(({ room, state }) => room === composing.peek().room && state !== 'failed')) return false
  const last = timeline.peek()?.of.messages.findLast(({ by, removed }) => by === me.peek() && !removed)
  if (last !== undefined) edit(last)
  return last !== undefined
}

/** Esc: gives up the edit, or else the reply. @returns false when there was neither. */
export function giveUp(): boolean {
  const { room, text, editing, replyTo: quoted } = composing.peek()
  if (editing !== undefined) composing.value = { room, ...draftOf(room) }
  else if (quoted !== undefined) {
    keepDraft(room, { text })
    composing.value = { room, text }
  } else return false
  takeFocus()
  return true
}

/** Hands the text over to the outbox, which keeps it until the server has it. */
export function send(): void {
  const { room, text, editing, replyTo: quoted } = composing.peek()
  const present = client.peek()
  if (present === undefined || text.trim() === '') return
  if (editing !== undefined) {
    composing.value = { room, ...draftOf(room) }
    present.edit(room, editing, text).catch((error: unknown) => {
      fails(error)
      composing.value = { room, text, editing }
    })
    return
  }
  keepDraft(room, { text: '' })
  composing.value = { room, text: '' }
  toLatest()
  // A refusal is shown at the message itself, with what can be done about it.
  present.post(room, text, quoted === undefined ? {} : { replyTo: quoted }).catch(() => undefined)
}
