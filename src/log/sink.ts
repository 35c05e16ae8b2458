import { write, writeSync } from 'node:fs'

/** Bytes that a pipe takes in one piece (PIPE_BUF): a line is never cut in two by another writer. */
const piece = 4_096
/** Bytes of last words when the process ends at once; a pipe holds as much without a reader. */
const lastWords = 65_536
/** ms after which a write that has not come back counts as stuck. */
const stuck = 500
const pause = 50
/** ms in which lines gather for one write: each write wakes a thread, which for one line costs more than the line. */
const gather = 10
/** ms that a write under way gets when the process ends. */
const landing = 20

/**
 * Lines to a file descriptor, without ever waiting for who reads it: one write at a time in the thread pool, at most `most` characters
 * waiting, the rest counted and dropped. pino's own destination does the same until the process ends; then it
 * tries for ever to write to a disk that is full.
 * @param onLost is told, once lines go through again, how many did not.
 */
export function createSink({ fd, most, onLost }: { fd: number; most: number; onLost: (lines: number) => void }) {
  let waiting: string[] = []
  let size = 0
  let lost = 0
  let began: number | undefined
  let gathering: NodeJS.Timeout | undefined

  /** The next lines that fit into a piece, one at the least. */
  function next(): Buffer {
    let taken = 0
    let bytes = 0
    for (const line of waiting) {
      bytes += Buffer.byteLength(line)
      if (taken > 0 && bytes > piece) break
      taken += 1
    }
    const lines = waiting.slice(0, taken)
    waiting = waiting.slice(taken)
    for (const line of lines) size -= line.length
    return Buffer.from(lines.join(''))
  }

  function begin() {
    clearTimeout(gathering)
    gathering = undefined
    began = performance.now()
    send(next(), 0)
  }

  function send(chunk: Buffer, tries: number) {
    write(fd, chunk, (error, written) => {
      if (error?.code === 'EAGAIN') {
        const again = setTimeout(send, pause, chunk, tries + 1)
        if (tries * pause > stuck) again.unref() // a program that is done does not wait for it any longer
        return
      }
      if (!error && written < chunk.length) return send(chunk.subarray(written), 0)
      began = undefined
      if (error) lost += chunk.toString().split('\n').length - 1
      else sayLost()
      if (waiting.length > 0 && began === undefined) begin()
    })
  }

  function sayLost() {
    // Not while it is as good as full: then this line would be the next to be lost.
    if (lost === 0 || size > most / 2) return
    const lines = lost
    lost = 0
    onLost(lines)
  }

  /** What a process that ends at once still has to say, unless nobody is taking it. */
  function flush() {
    if (began !== undefined && performance.now() - began > stuck) return
    // The piece that the thread pool holds must land first; nothing tells when it has.
    if (began !== undefined) hold(landing)
    began = performance.now() // nothing more is begun by what is said from here on
    while (size > lastWords) {
      size -= waiting.shift()?.length ?? 0
      lost += 1
    }
    sayLost()
    for (let tries = 0, chunk = next(); chunk.length > 0 && tries < 10; ) {
      try {
        chunk = chunk.subarray(writeSync(fd, chunk))
        if (chunk.length === 0) chunk = next()
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return // nowhere is left to say it
        tries += 1
        hold(landing)
      }
    }
  }
  process.once('exit', flush)

  return {
    write(line: string) {
      if (size + line.length > most) {
        lost += 1
        return
      }
      size += line.length
      waiting.push(line)
      if (began !== undefined) return
      if (size >= piece) begin()
      // Whatever ends the process meanwhile, `flush` has the last words.
      else gathering ??= setTimeout(begin, gather).unref()
    },
  }
}

/** Stops this thread, and not those of the pool, for so many ms. */
const hold = (ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
