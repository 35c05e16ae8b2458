import { signal } from '@preact/signals'
import { me } from './chat.ts'

export interface Draft {
  text: string
  replyTo?: number
}

const prefix = 'parley.draft.'
const nameOf = (room: string): string => `${prefix}${me.value}.${room}`

/** Rises with every change, so that the room list can show its marks. */
export const draftsChanged = signal(0)

/** Written on every key, and synchronously: a crash one moment later loses nothing. */
export function keepDraft(room: string, draft: Draft): void {
  try {
    if (draft.text === '' && draft.replyTo === undefined) localStorage.removeItem(nameOf(room))
    else localStorage.setItem(nameOf(room), JSON.stringify(draft))
  } catch {
    // Storage full or forbidden: the draft still lives in the composer.
  }
  draftsChanged.value += 1
}

export function draftOf(room: string): Draft {
  try {
    const kept = localStorage.getItem(nameOf(room))
    return kept === null ? { text: '' } : (JSON.parse(kept) as Draft)
  } catch {
    return { text: '' }
  }
}

const mine = (): string[] => Object.keys(localStorage).filter((name) => name.startsWith(`${prefix}${me.value}.`))

export const draftCount = (): number => mine().length

export function clearDrafts(): void {
  for (const name of mine()) localStorage.removeItem(name)
}
