import type { RoomEvent } from '../protocol/events.ts'
import type { PresenceState } from '../protocol/server-frames.ts'

/** What one commit brought to one room. Without its events it only says how far the room has come. */
export interface LandedNews {
  room: string
  last: number
  n: number
  events: RoomEvent[]
}

/** Somebody who is there, through a node, and the rooms in which that may be told. */
export interface PresentNews {
  account: string
  state: PresenceState
  rooms: string[]
}

/** A login that is no more. */
export interface EndedNews {
  login: string
  account: string
  why: string
  /** What it ended by has this id in the log of the node that was asked. */
  request?: string | undefined
}

/** What one node asks the others, who answer each for itself. */
export type Question =
  /** Close the connections of these logins: they have ended. */
  | { ask: 'ended'; ended: EndedNews[]; request?: string | undefined }
  /** Read the keys again, and close the connections that came in by one that is gone. */
  | { ask: 'keys' }
  /** Which connections have these logins with you? */
  | { ask: 'connections'; logins: string[] }

export interface OpenSocket {
  id: string
  node: string
  since: number
  lastFrameAt: number
}
export interface Answer {
  /** How many were closed. */
  connections?: number
  /** By login. */
  open?: [login: string, sockets: OpenSocket[]][]
}

/** What nodes tell each other. Everything durable in it can also be read from the store; the rest may be lost. */
export type BusMessage =
  | { kind: 'events'; landed: LandedNews[] }
  | { kind: 'marks'; account: string; room: string; read: number; readN: number }
  | { kind: 'typing'; room: string; account: string }
  | ({ kind: 'presence'; node: string } & PresentNews)
  /** A node is there; `asks` the others who is with them. */
  | { kind: 'here'; node: string; asks: boolean }
  | { kind: 'present'; node: string; people: PresentNews[] }
  | { kind: 'question'; id: string; node: string; question: Question }
  | { kind: 'answer'; id: string; node: string; answer: Answer }

/** How the road is. */
export interface BusFigures {
  /** What is sent comes back: the others can hear this node, and it them. A node alone is always up. */
  up: boolean
  sent: number
  heard: number
  /** Not sent, because the road was down or full. */
  unsent: number
  /** Came, and was not from a node of ours. */
  refused: number
  /** Came from a node of ours that is newer, and is not known here. What must be right is in the store. */
  unknown: number
  /** How often the road was built anew. */
  troubles: number
  /** ms that the last sign of life took to Redis and back; undefined while none comes back. */
  roundTrip?: number | undefined
}

/** The road between nodes. Best effort: the store is what must be right. */
export interface Bus {
  /** Listeners of this node have acted when it returns; those of others will hear it, or not. Never fails. */
  publish(topic: string, message: BusMessage): Promise<void>
  subscribe(topic: string, listener: (message: BusMessage) => void): Promise<() => void>
  /** Called when something may not have been heard: whatever must be right has to be looked up in the store. */
  onGap(listener: () => void): void
  figures(): BusFigures
  close(): Promise<void>
}
