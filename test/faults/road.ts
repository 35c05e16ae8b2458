import { connect, createServer, type Server, type Socket } from 'node:net'

export type Way = 'there' | 'back'

/**
 * The road between people and one node: every connection passes here, byte for byte, until something happens to the road. What
 * network namespaces and packet filters do for root, this does for anybody. Bytes are late or held, never lost or moved: TCP
 * would not lose them either.
 */
export class Road {
  readonly port: number
  readonly #server: Server
  readonly #to: () => number
  readonly #trips = new Set<{ near: Socket; far: Socket; lanes: Lane[] }>()
  #delay = 0
  #rate = 0
  readonly #held = new Set<Way>()
  #closed = false

  private constructor(server: Server, to: () => number) {
    this.#server = server
    this.#to = to
    this.port = (server.address() as { port: number }).port
    server.on('connection', (near) => this.#take(near))
  }

  /** @param to the port of the node, at this moment */
  static open(to: () => number): Promise<Road> {
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(new Road(server, to))))
  }

  #take(near: Socket): void {
    if (this.#closed) return void near.destroy()
    const far = connect({ host: '127.0.0.1', port: this.#to(), allowHalfOpen: true, noDelay: true })
    const state = (way: Way) => () => ({ delay: this.#delay, rate: this.#rate, isHeld: this.#held.has(way) })
    const trip = { near, far, lanes: [new Lane(near, far, state('there')), new Lane(far, near, state('back'))] }
    this.#trips.add(trip)
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => hangUp(other))
      one.on('close', () => {
        if (other.destroyed) this.#trips.delete(trip)
        else for (const lane of trip.lanes) lane.parted(one)
      })
    }
  }

  get trips(): number {
    return this.#trips.size
  }

  /** All connections end, without a goodbye (RST). */
  cut(): void {
    for (const { near, far } of this.#trips) {
      hangUp(near)
      hangUp(far)
    }
  }

  /** What is on the road now is forgotten where it stands: neither end hears of the other again, and neither is told. New connections pass. */
  strand(): void {
    for (const { near, far, lanes } of this.#trips) {
      for (const lane of lanes) lane.abandon()
      near.pause()
      far.pause()
    }
  }

  hold(...ways: Way[]): void {
    for (const way of ways) this.#held.add(way)
  }

  release(): void {
    this.#held.clear()
    for (const { lanes } of this.#trips) for (const lane of lanes) lane.go()
  }

  /** @param ms for each piece, and up to as much again */
  slow(ms: number): void {
    this.#delay = ms
  }

  /** @param bytesPerSecond of each connection and way; 0 as much as there is */
  narrow(bytesPerSecond: number): void {
    this.#rate = bytesPerSecond
  }

  /** Nobody gets through. */
  block(): void {
    this.#closed = true
    this.cut()
  }

  mend(): void {
    this.#closed = false
    this.#delay = 0
    this.#rate = 0
    this.release()
  }

  async close(): Promise<void> {
    this.block()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** A socket that has said its last word is not reset: libuv refuses that, and then Node does not find its end at exit. */
function hangUp(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}

interface RoadState {
  delay: number
  rate: number
  isHeld: boolean
}

/** One way of one connection. Pieces keep their order whatever each one's delay. */
class Lane {
  readonly #to: Socket
  readonly #from: Socket
  readonly #state: () => RoadState
  readonly #pieces: Buffer[] = []
  #clearAt = 0
  #timer: NodeJS.Timeout | undefined
  #abandoned = false
  #ending = false

  constructor(from: Socket, to: Socket, state: () => RoadState) {
    this.#from = from
    this.#to = to
    this.#state = state
    from.on('data', (piece: Buffer) => {
      if (this.#abandoned) return
      const { delay, rate, isHeld } = state()
      if (this.#pieces.length === 0 && delay === 0 && rate === 0 && !isHeld) {
        if (!to.write(piece)) from.pause()
        return
      }
      this.#pieces.push(piece)
      from.pause()
      this.go()
    })
    from.on('end', () => this.end())
    to.on('drain', () => {
      if (this.#pieces.length === 0 && !this.#abandoned) from.resume()
    })
  }

  /** Lets the first piece go when it is its time. */
  go(): void {
    if (this.#timer || this.#abandoned) return
    const piece = this.#pieces[0]
    const { delay, rate, isHeld } = this.#state()
    if (isHeld) return
    if (!piece) {
      this.#from.resume()
      if (this.#ending) this.#to.end()
      return
    }
    const wait = delay * (1 + Math.random()) + (rate > 0 ? (piece.length / rate) * 1000 : 0)
    this.#clearAt = Math.max(this.#clearAt, performance.now()) + wait
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#pieces.shift()
      this.#to.write(piece)
      this.go()
    }, wait)
  }

  end(): void {
    this.#ending = true
    if (this.#pieces.length === 0 && !this.#timer && !this.#state().isHeld && !this.#abandoned) this.#to.end()
  }

  /** One end has gone. What waited to be written to it keeps nobody from hearing the other out. */
  parted(one: Socket): void {
    if (one === this.#from) this.end()
    else if (!this.#abandoned) this.#from.resume()
  }

  abandon(): void {
    this.#abandoned = true
    clearTimeout(this.#timer)
    this.#pieces.length = 0
  }
}
