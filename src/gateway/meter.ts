import type { FrameType } from '../protocol/client-frames.ts'
import type { CloseReason, RefusalCode } from '../protocol/codes.ts'
import type { NoEntry } from './admission.ts'
import type { Hub } from './hub.ts'
import type { Porch } from './porch.ts'

/** How an `open` with a cursor went, for one room: live again, more pages to come, thrown back to the start, or refused. */
export type Recovery = 'live' | 'more' | 'gap' | 'future' | 'mismatch' | 'refused'

/** Is told what happens at the sockets. Nothing here is called once per delivery: a commit or a frame is the smallest thing counted. */
export interface GatewayMeter {
  accepted(): void
  /** Before the upgrade. */
  refused(status: NoEntry['status'], reason: NoEntry['reason']): void
  /** `gone`: the peer left, or was lost. */
  closed(reason: CloseReason | 'bye' | 'gone'): void
  /** One frame from a client, when its answer is known. `unreadable`: it was no frame, or not one that was understood. */
  answered(type: FrameType | 'unreadable', outcome: 'ok' | RefusalCode): void
  /** Events times the connections that they were given to: once for a room and commit. */
  delivered(events: number): void
  /** A connection has become a puller. */
  fellBehind(): void
  recovered(how: Recovery): void
  /** What came next in a room was read from the store: this node had not heard of it. */
  missed(): void
}

export const noMeter: GatewayMeter = {
  accepted: () => undefined,
  refused: () => undefined,
  closed: () => undefined,
  answered: () => undefined,
  delivered: () => undefined,
  fellBehind: () => undefined,
  recovered: () => undefined,
  missed: () => undefined,
}

/** What is there now. */
export interface GatewayFigures {
  /** Have come, and are not let in yet. */
  waiting: number
  connections: number
  logins: number
  accounts: number
  /** Slow readers that are caught up from the store. */
  pullers: number
  /** Frames without an answer yet. */
  unanswered: number
  /** bytes that wait in Parley's own queues, and in the sockets. */
  queued: number
  inSockets: number
  /** bytes that wait, in both places, for the connection for which most waits. */
  largest: number
}

/** Walks over all connections: for whoever asks now and then, never for a frame. */
export function figuresOf({ connections, logins, accounts }: Hub, { waiting }: Pick<Porch, 'waiting'>): GatewayFigures {
  const figures = { waiting, connections: connections.size, logins: logins.size, accounts: accounts.size }
  let [pullers, unanswered, queued, inSockets, largest] = [0, 0, 0, 0, 0]
  for (const { behind, inlet, outlet, socket } of connections.values()) {
    const waiting = outlet.queued
    const inSocket = socket.writableLength
    if (behind) pullers++
    unanswered += inlet.unanswered
    queued += waiting
    inSockets += inSocket
    largest = Math.max(largest, waiting + inSocket)
  }
  return { ...figures, pullers, unanswered, queued, inSockets, largest }
}
