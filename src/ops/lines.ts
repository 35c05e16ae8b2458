import type { Socket } from 'node:net'

/** A line longer than was agreed. */
export class LineTooLong extends Error {
  override name = 'LineTooLong'
}

/**
 * The lines of a socket, one at a time: nothing more is read while the caller is busy with one. A last line without its end is
 * nobody's request and is left out.
 * @param most characters of one line. @throws LineTooLong
 */
export async function* linesOf(socket: Socket, most: number): AsyncGenerator<string> {
  let parts: string[] = []
  let length = 0
  socket.setEncoding('utf8')
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    const [first = '', ...rest] = String(chunk).split('\n')
    length += first.length
    if (length > most) throw new LineTooLong(`a line of more than ${most} characters`)
    parts.push(first)
    for (const next of rest) {
      yield parts.join('')
      if (next.length > most) throw new LineTooLong(`a line of more than ${most} characters`)
      parts = [next]
      length = next.length
    }
  }
}
