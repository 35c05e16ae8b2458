import type { MessageEvent, Reaction, RoomEvent } from '../protocol/events.ts'

/** An event that changes a message; all others stand for themselves. */
export type Change = Extract<RoomEvent, { target: number; kind: 'edited' | 'removed' | 'reacted' }>

export const isChange = (event: RoomEvent): event is Change =>
  event.kind === 'edited' || event.kind === 'removed' || event.kind === 'reacted'

/** The message as it is after `change`; the same object when it already was (PROTOCOL.md "Present form": seq ≤ rev is old news). */
export function changed(message: MessageEvent, change: Change): MessageEvent {
  if (change.seq <= (message.rev ?? message.seq) || message.removed) return message
  if (change.kind === 'edited') return { ...message, text: change.text, edited: true, rev: change.seq }
  if (change.kind === 'reacted') return { ...message, reactions: reacted(message.reactions ?? [], change), rev: change.seq }
  const { text: _, reactions: __, mentions: ___, edited: ____, ...rest } = message
  return { ...rest, removed: true, rev: change.seq }
}

function reacted(reactions: Reaction[], { emoji, by, on }: Change & { kind: 'reacted' }): Reaction[] {
  const known = reactions.some((reaction) => reaction.emoji === emoji)
  const all = known ? reactions : [...reactions, { emoji, accounts: [] }]
  return all
    .map((reaction) => {
      if (reaction.emoji !== emoji) return reaction
      const others = reaction.accounts.filter((account) => account !== by)
      return { emoji, accounts: on ? [...others, by] : others }
    })
    .filter((reaction) => reaction.accounts.length > 0)
}
