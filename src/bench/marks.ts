/** What a message of the bench carries in its text, so that whoever hears it knows whose it is, which, and when it was due. */
export interface Mark {
  /** 0 to 99,999. */
  sender: number
  /** 0 to 99,999,999. */
  n: number
  /** µs on the clock of the process that sent it. */
  at: number
}

const widths = { sender: 5, n: 8, at: 13 }
const tilde = 0x7e
/** bytes from one tilde of a mark to the other. */
const span = widths.sender + widths.n + widths.at + 1

/** A text of `length` bytes, at least 28, that begins with a mark. */
export function markedText({ sender, n, at }: Mark, length: number): string {
  const digits = (value: number, width: number) => String(Math.round(value)).padStart(width, '0')
  return `~${digits(sender, widths.sender)}${digits(n, widths.n)}${digits(at, widths.at)}~`.padEnd(
    length,
    ' and so they talked of this and that',
  )
}

/** Finds every mark in these bytes without making a text of them: it is what a bench does most. */
export function eachMark(bytes: Buffer, from: number, to: number, found: (sender: number, n: number, at: number) => void): void {
  for (let start = bytes.indexOf(tilde, from); start >= 0 && start + span < to; start = bytes.indexOf(tilde, start + span + 1)) {
    const n = start + 1 + widths.sender
    const at = n + widths.n
    const micros = at + widths.at - 6
    found(number(bytes, start + 1, n), number(bytes, n, at), number(bytes, at, micros) * 1e6 + number(bytes, micros, micros + 6))
  }
}

/** Of nine digits at most, so that it is counted in whole numbers. */
function number(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let i = from; i < to; i++) value = value * 10 + (bytes[i] as number) - 48
  return value
}
