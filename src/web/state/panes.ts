import { signal } from '@preact/signals'
import type { MessageEvent } from '../../protocol/events.ts'

/** The one dialog that is open, with what it is about. */
export type OpenDialog =
  | { ask: 'new-room' | 'browse' | 'direct' | 'sign-out' | 'sign-in' }
  | { ask: 'add-member' | 'invite' | 'leave'; room: string }
  | { ask: 'remove-member'; room: string; account: string }
  | { ask: 'remove-message'; room: string; message: MessageEvent }

export const dialog = signal<OpenDialog | undefined>(undefined)

/** The pane at the end side: closed by default. */
export const context = signal<'members' | 'inspector' | undefined>(undefined)

export const toggleContext = (pane: 'members' | 'inspector'): void => {
  context.value = context.value === pane ? undefined : pane
}
