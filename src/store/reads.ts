import type { RoomState } from '../protocol/events.ts'
import type { Opened, Page } from '../protocol/server-frames.ts'

export interface OpenAsk {
  room: string
  after?: number
  id?: string
}

/** The reads of the message path: each answers for one account and checks membership in the query that reads. */
export interface Reads {
  /** Pages from the store for `open`: at most 200 events a room and 256 KiB in all; `more` where it was cut. */
  open(account: string, asks: OpenAsk[]): Promise<Opened[]>
  /** @throws Refusal no_such_room · not_member */
  history(account: string, room: string, ask: { before?: number; after?: number; around?: number; limit: number }): Promise<Page>
  /** All rooms of an account as `welcome` shows them. */
  rooms(account: string): Promise<RoomState[]>
  /** One room as `room` shows it; undefined when the account is not in it. */
  room(account: string, room: string): Promise<RoomState | undefined>
}
