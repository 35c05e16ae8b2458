import { write, writeSync } from 'node:fs'

/** ms after which a write that has not come back counts as stuck. */
const stuck = 500
const pause = 50

/**
 * Lines to a file descriptor, without ever waiting for who reads it: one write at a time in the thread pool, at most `most` bytes
 * waiting, the rest counted and dropped. pino's own destination does the same until the process ends; then it
 * tries for ever to write to a disk that is full.
 * @param most bytes.
 * @param onLost is told, once lines go through again, how many did not.
 */
export function createSink({ fd, most, onLost }: { fd: number; most: number; onLost: (lines: number) => void }) {
  let waiting: string[] = []
  let bytes = 0
  let lost = 0
  let began: number | undefined

  function begin() {
    began = performance.now()
    const lines = waiting.length
    const chunk = Buffer.from(waiting.join(''))
    waiting = []
    bytes = 0
    send(chunk, lines)
  }

  function send(chunk: Buffer, lines: number) {
    write(fd, chunk, (error, written) => {
      if (error?.code === 'EAGAIN') return void setTimeout(send, pause, chunk, lines).unref()
      if (!error && written < chunk.length) return send(chunk.subarray(written), lines)
      began = undefined
      if (error) lost += lines
      else if (lost > 0) {
        onLost(lost)
        lost = 0
      }
      if (waiting.length > 0) begin()
    })
  }

  /** What a process that ends at once still has to say, unless nobody is taking it. */
  function flush() {
    if (waiting.length === 0 || (began !== undefined && performance.now() - began > stuck)) return
    try {
      writeSync(fd, waiting.join(''))
    } catch {
      // Nowhere is left to say it.
    }
    waiting = []
  }
  process.once('exit', flush)

  return {
    write(line: string) {
      bytes += line.length
      if (bytes > most) {
        bytes -= line.length
        lost += 1
        return
      }
      waiting.push(line)
      if (began !== undefined) return
      began = performance.now()
      // Not at once: the last words before process.exit() must still be here for `flush`.
      setImmediate(begin)
    },
  }
}
