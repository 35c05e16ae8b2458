import type { RoomEvent } from '../protocol/events.ts'
import type { ServerFrame } from '../protocol/server-frames.ts'

/** A frame as the socket gets it: encoded once, framed once, however many read it. */
export interface Frame {
  readonly bytes: Buffer
  /** Events, typing, presence and heads may be dropped for a slow reader, who is caught up from the store. */
  readonly droppable: boolean
  /** Only `events` of one room: what is in it, so that a part of it can be cut out for one reader. */
  readonly of?: { readonly room: string; readonly events: readonly RoomEvent[] }
}

export const answer = (frame: ServerFrame): Frame => ({ bytes: toBytes(JSON.stringify(frame)), droppable: false })
export const hint = (frame: ServerFrame): Frame => ({ bytes: toBytes(JSON.stringify(frame)), droppable: true })

export function eventsFrame(room: string, events: RoomEvent[], droppable = true): Frame {
  return { bytes: toBytes(JSON.stringify({ type: 'events', room, events })), droppable, of: { room, events } }
}

/** What of an `events` frame lies after `seq`: the frame itself, a part of it encoded anew, or nothing. */
export function after(frame: Frame, seq: number): Frame | undefined {
  const { room, events } = frame.of as NonNullable<Frame['of']>
  if ((events[0]?.seq ?? 0) > seq) return frame
  const rest = events.filter((event) => event.seq > seq)
  return rest.length > 0 ? eventsFrame(room, rest) : undefined
}

/**
 * One whole, final, unmasked text frame (RFC 6455 §5.2), header and payload in one Buffer: one write, one TLS
 * record. Written past ws's own sender, which is safe only because there is no compression and no fragment of ours.
 */
function toBytes(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? 2 : length < 65536 ? 4 : 10
  const bytes = Buffer.allocUnsafe(head + length)
  bytes[0] = 0x81
  if (head === 2) bytes[1] = length
  else if (head === 4) {
    bytes[1] = 126
    bytes.writeUInt16BE(length, 2)
  } else {
    bytes[1] = 127
    bytes.writeBigUInt64BE(BigInt(length), 2)
  }
  bytes.write(text, head)
  return bytes
}
