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

/**
 * Takes bytes as they come and gives whole frames, where they lie. A long frame is put together in a place that is kept for the
 * next one: with a new one each time, what measures a fan-out of 256 posts a frame spent half of its time on memory.
 */
export class FrameReader {
  /** The beginning of a frame whose end is still to come. */
  #kept = Buffer.alloc(0)
  #size = 0
  /** bytes that there must be before another look is worth it. */
  #wanted = 2
  readonly #frame: (opcode: number, bytes: Buffer, from: number, to: number) => void

  constructor(frame: (opcode: number, bytes: Buffer, from: number, to: number) => void) {
    this.#frame = frame
  }

  /** @param chunk read before this returns; it may be overwritten after. */
  feed(chunk: Buffer): void {
    if (this.#size > 0) {
      this.#keep(chunk)
      if (this.#size < this.#wanted) return
    }
    const bytes = this.#size > 0 ? this.#kept.subarray(0, this.#size) : chunk
    let at = 0
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) {
      this.#frame((bytes[at] as number) & 0x0f, bytes, at + headOf(bytes[at + 1] as number), end)
      at = end
    }
    this.#wanted = endOf(bytes, at) - at
    this.#size = 0
    if (at < bytes.length) this.#keep(bytes.subarray(at))
  }

  /** @param bytes may lie in what is kept, behind where they go */
  #keep(bytes: Buffer): void {
    const size = this.#size + bytes.length
    if (size > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, this.#wanted, 2 * this.#kept.length))
      this.#kept.copy(larger, 0, 0, this.#size)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#size)
    this.#size = size
  }
}

const headOf = (second: number): number => ((second & 0x7f) < 126 ? 2 : (second & 0x7f) === 126 ? 4 : 10)

/** Where the frame ends that begins at `at`; where its head does, when that is not all there; never before two bytes. */
function endOf(bytes: Buffer, at: number): number {
  if (bytes.length - at < 2) return at + 2
  const short = (bytes[at + 1] as number) & 0x7f
  const head = headOf(short)
  if (bytes.length - at < head) return at + head
  return at + head + (short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2)))
}
