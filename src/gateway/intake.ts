import type { Duplex, Writable } from 'node:stream'
import type { WebSocket } from 'ws'

/** ms in which what has come is taken apart before the loop gets its turn for everything else (`posts-20`: turn CPU max). */
const slice = 2

interface Source {
  ws: WebSocket
  socket: Duplex
  /** Where ws takes bytes apart, in the turn in which it gets them. */
  parser: Writable
  /** Bytes have been taken apart. */
  taken: () => void
}

/**
 * Between two turns every socket may have brought something: thousands of frames, which would all be acted on in one turn. Here whoever
 * comes after the slice is over waits for the next one, in the order of coming, and is not read from meanwhile.
 */
export function createIntake() {
  let since: number | undefined
  let waiting: (() => void)[] = []

  function isOver(): boolean {
    if (since !== undefined) return waiting.length > 0 || performance.now() - since > slice
    since = performance.now()
    setImmediate(goOn)
    return false
  }

  function goOn(): void {
    since = undefined
    const from = performance.now()
    const last = waiting.findIndex((take) => {
      take()
      return performance.now() - from > slice
    })
    waiting = last < 0 ? [] : waiting.slice(last + 1)
    if (waiting.length > 0) isOver()
  }

  /** Stands between the socket and the listener of ws. To be called before anything is read. */
  return function watch({ ws, socket, parser, taken }: Source): void {
    const [takeApart] = socket.listeners('data') as ((chunk: Buffer) => void)[]
    let held: Buffer[] | undefined

    function letGo(): void {
      for (const chunk of held ?? []) if (parser.writable) takeApart?.call(socket, chunk)
      held = undefined
      taken()
      if (!ws.isPaused && !parser.writableNeedDrain) socket.resume()
    }

    socket.removeAllListeners('data').on('data', (chunk: Buffer) => {
      if (!parser.writable) return // a close frame came, or what is none: nothing behind it counts
      if (held || isOver()) {
        if (!held) waiting.push(letGo)
        held = [...(held ?? []), chunk]
        socket.pause()
      } else {
        takeApart?.call(socket, chunk)
        taken()
      }
    })
  }
}

export type Intake = ReturnType<typeof createIntake>
