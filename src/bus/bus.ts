import type { RoomEvent } from '../protocol/events.ts'
import type { PresenceState } from '../protocol/server-frames.ts'

/** What nodes tell each other. Everything durable in it can also be read from the store; the rest may be lost. */
export type BusMessage =
  | { kind: 'events'; landed: { room: string; last: number; n: number; events: RoomEvent[] }[] }
  | { kind: 'ended'; ended: { login: string; account: string; why: string }[] }
  | { kind: 'marks'; account: string; room: string; read: number; readN: number }
  | { kind: 'typing'; room: string; account: string }
  | { kind: 'presence'; account: string; state: PresenceState; rooms: string[] }

/** The road between nodes. Best effort: the store is what must be right. */
export interface Bus {
  publish(topic: string, message: BusMessage): Promise<void>
  subscribe(topic: string, listener: (message: BusMessage) => void): Promise<() => void>
  close(): Promise<void>
}
