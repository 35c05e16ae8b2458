import type { MessageEvent } from '../../protocol/events.ts'
import { client, me } from './chat.ts'
import { fails } from './failures.ts'

/** On, or off again when it is mine already. */
export function react(room: string, message: MessageEvent, emoji: string): void {
  const mine = message.reactions?.some((reaction) => reaction.emoji === emoji && reaction.accounts.includes(me.value)) ?? false
  client.value?.react(room, message.seq, emoji, !mine).catch(fails)
}
