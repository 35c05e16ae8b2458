/**
 * A client's text frame (RFC 6455 §5.2). The masking key is four zeros, which leaves the text as it is: allowed, if
 * useless against the caches that masking is for, and it keeps whoever measures from spending time on XOR.
 */
export function maskedText(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const wide = length > 125
  if (length > 65_535) throw new RangeError('a frame said from here has at most 65,535 bytes')
  const head = wide ? 8 : 6
  const bytes = Buffer.alloc(head + length)
  bytes[0] = 0x81
  bytes[1] = 0x80 | (wide ? 126 : length)
  if (wide) bytes.writeUInt16BE(length, 2)
  bytes.write(text, head)
  return bytes
}

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 }

/** The answer to a ping or a close frame: what it says, said back. */
export function maskedControl(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload])
}

/** Takes bytes as they come and gives whole frames, where they lie. */
export class FrameReader {
  #rest: Buffer | undefined
  readonly #frame: (opcode: number, bytes: Buffer, from: number, to: number) => void

  constructor(frame: (opcode: number, bytes: Buffer, from: number, to: number) => void) {
    this.#frame = frame
  }

  /** @param chunk read before this returns; it may be overwritten after. */
  feed(chunk: Buffer): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk
    let at = 0
    while (bytes.length - at >= 2) {
      const short = (bytes[at + 1] as number) & 0x7f
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length - at < head) break
      const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
      const end = at + head + length
      if (bytes.length < end) break
      this.#frame((bytes[at] as number) & 0x0f, bytes, at + head, end)
      at = end
    }
    this.#rest = at === bytes.length ? undefined : Buffer.from(bytes.subarray(at))
  }
}
