import type { WebSocket } from 'ws'

/** What the parser of ws holds; it tells nobody. A test fails when a later version calls it something else. */
interface Parser {
  /** The opcode of a message whose first piece has come and whose last has not, else 0. */
  _fragmented: number
  /** bytes that have come of the present frame. */
  _bufferedBytes: number
  /** 0: the next byte is the first of a frame. */
  _state: number
}

const parserOf = (ws: WebSocket): Parser => Reflect.get(ws, '_receiver')

/** Pieces of a message have come, and not all of them. */
export const isInPieces = (ws: WebSocket): boolean => parserOf(ws)._fragmented !== 0

/** A message, or a frame of it, has come in part. */
export function isUnfinished(ws: WebSocket): boolean {
  const { _fragmented, _bufferedBytes, _state } = parserOf(ws)
  return _fragmented !== 0 || _bufferedBytes > 0 || _state !== 0
}
