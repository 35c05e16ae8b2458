import type { RoomState } from '../../protocol/events.ts'

/** Unread is derived from the server's two numbers, so it cannot get stuck. */
export const unreadOf = ({ n, readN }: Pick<RoomState, 'n' | 'readN'>): number => Math.max(0, n - readN)

/** The number on the marigold badge: messages that are for me. */
export const badgeOf = (room: Pick<RoomState, 'kind' | 'mentions' | 'n' | 'readN'>): number =>
  room.kind === 'direct' ? unreadOf(room) : Math.min(room.mentions, unreadOf(room))
