import type { FrameType } from '../protocol/client-frames.ts'
import type { Account, MessageEvent, RoomEvent, RoomState } from '../protocol/events.ts'
import type { Answers, Posted, PresenceState } from '../protocol/server-frames.ts'
import type { CredentialWhy } from './connection.ts'
import type { LineState } from './line.ts'
import type { Outbox, OutboxItem, OutboxStorage } from './outbox.ts'
import type { Fields } from './requests.ts'
import type { Credential, OpenSocket } from './socket.ts'
import type { Timeline } from './timeline.ts'
import type { Timers } from './timers.ts'

export interface ClientOptions {
  /** `wss://HOST/ws` */
  url: string
  /** Asked before every attempt, and again before a bearer token runs out. Throw a `Denied` to say the verdict. */
  credential: (why: CredentialWhy) => Promise<Credential>
  /** Where unsent messages are kept. Default: in memory. */
  outbox?: OutboxStorage
  random?: () => number
  now?: () => number
  schedule?: Timers
  /** Default: the global WebSocket. */
  connect?: OpenSocket
}

export interface ClientEvents {
  state: LineState
  rooms: ReadonlyMap<string, RoomState>
  /** An open room changed; also once more when it is shut or no longer mine. */
  timeline: Timeline
  /** New since the room was opened, also what was caught up after a reconnect; never the first page or older ones. Each once, in order. */
  message: { room: string; message: MessageEvent }
  /** The same for every kind of event. */
  event: { room: string; event: RoomEvent }
  typing: { room: string; account: string }
  presence: { account: string; state: PresenceState }
  notice: { code: string; message: string }
  outbox: readonly OutboxItem[]
  /** A frame that this version does not know, or could not read. */
  unknown: unknown
  /** What a listener threw, or a storage failed with. It stopped nothing. */
  fault: unknown
}

/** One account on one server: reconnects by itself, loses nothing that was written, shows nothing twice. */
export interface Client {
  readonly state: LineState
  /** Who I am; known from the first welcome on. */
  readonly account: Account | undefined
  /** My rooms. Unread = n − readN. Replaced when something changes, never altered. */
  readonly rooms: ReadonlyMap<string, RoomState>
  /** @returns the way to stop listening. */
  on<E extends keyof ClientEvents>(event: E, listener: (given: ClientEvents[E]) => unknown): () => void
  /** Resolves when the room is live; it stays open over reconnects until `shut`. @throws Refused */
  open(room: string): Promise<Timeline>
  shut(room: string): void
  timeline(room: string): Timeline | undefined
  /** Through the outbox: resolves when it is on the server's disk, however long that takes. @throws Refused (for good), Discarded; Lost when the client is closed */
  post(room: string, text: string, more?: { replyTo?: number; key?: string }): Promise<Posted>
  /** These three wait up to 30 s for a connection, and go again once if it is lost. @throws Refused, Lost */
  edit(room: string, seq: number, text: string): Promise<Posted>
  remove(room: string, seq: number): Promise<Posted>
  react(room: string, seq: number, emoji: string, on: boolean): Promise<Posted>
  /** Moves my read mark forward to `seq`; repeated after a reconnect if need be. @throws Refused */
  read(room: string, seq: number): Promise<void>
  /** @throws Refused, Lost */
  join(room: string): Promise<{ seq: number }>
  leave(room: string): Promise<{ seq: number }>
  /** Call it on every key; at most one each 3 s is sent. */
  typing(room: string): void
  /** Said again after each reconnect. */
  presence(state: 'active' | 'away'): void
  /** Anything the protocol has, once, now. @throws Refused, Lost */
  request<T extends FrameType>(type: T, fields: Fields<T>): Promise<Answers[T]>
  readonly outbox: Outbox
  /** Attempts at once (“try now”, became visible); asks a live connection for a sign of life. Does nothing while offline or stopped. */
  retryNow(): void
  /** What the device's `online` and `offline` events say. Without network nothing is attempted. */
  setOnline(online: boolean): void
  /** After `stopped`: signed in again, go on. Open rooms and outbox are as they were. */
  resume(): void
  /** For good. What the storage of the outbox holds stays there. */
  close(): Promise<void>
}
