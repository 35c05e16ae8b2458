import type { RefusalCode } from '../protocol/codes.ts'

/** A message that the server has not acknowledged yet. */
export interface OutboxItem {
  /** The sender's name for it: the server writes one key once, so sending it again is safe. */
  key: string
  room: string
  text: string
  replyTo?: number
  /** ms since 1970, by this device; strictly rising, so that it also gives the order. */
  at: number
  /** Whose it is, once known: never sent under another account. */
  account?: string
  state: 'waiting' | 'sending' | 'failed'
  /** Why it failed for good; `retry` tries again, `discard` gives up. */
  refusal?: { code: RefusalCode; message: string }
}

/** Where unsent messages outlive the process. `put` replaces by key. */
export interface OutboxStorage {
  all(): Promise<OutboxItem[]>
  put(item: OutboxItem): Promise<void>
  delete(key: string): Promise<void>
}
