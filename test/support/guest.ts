import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { RoomEvent } from '../../src/protocol/events.ts'
import type { ServerFrame } from '../../src/protocol/server-frames.ts'

export interface GuestOptions {
  token?: string
  ca?: string
  headers?: Record<string, string>
  protocols?: string[]
  /** The address that they come from; any of 127.0.0.0/8. */
  from?: string
}
export type Heard = ServerFrame & Record<string, unknown>

/** Milliseconds after which a story is stuck: a guard, never a measure. */
const guard = 60_000

/** Someone at the other end of a real socket. Remembers all frames; asks and awaits the answer. */
export class Guest {
  readonly ws: WebSocket
  readonly frames: Heard[] = []
  readonly #waiting: { matches: (frame: Heard) => boolean; resolve: (frame: Heard) => void }[] = []
  readonly #ended: Promise<{ code: number; reason: string }>
  #ref = 0

  constructor(url: string, { token, ca, headers, protocols, from }: GuestOptions) {
    this.ws = new WebSocket(url, protocols ?? ['parley.v1'], {
      ...(ca === undefined ? {} : { ca }),
      ...(from === undefined ? {} : { localAddress: from }),
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    })
    this.ws.on('message', (data) => this.#take(JSON.parse(String(data)) as Heard))
    this.#ended = new Promise((resolve) => {
      this.ws.on('error', () => undefined)
      this.ws.on('close', (code, reason) => resolve({ code, reason: String(reason) }))
    })
  }

  #take(frame: Heard): void {
    this.frames.push(frame)
    for (const wait of this.#waiting.filter(({ matches }) => matches(frame))) {
      this.#waiting.splice(this.#waiting.indexOf(wait), 1)
      wait.resolve(frame)
    }
  }

  /** The first frame, heard already or yet to come, that matches. */
  until(matches: (frame: Heard) => boolean, what = 'a frame'): Promise<Heard> {
    const heard = this.frames.find(matches)
    if (heard) return Promise.resolve(heard)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited in vain for ${what}; heard ${JSON.stringify(this.frames).slice(-2000)}`)),
        guard,
      )
      this.#waiting.push({
        matches,
        resolve: (frame) => {
          clearTimeout(timer)
          resolve(frame)
        },
      })
    })
  }

  hears(type: string): Promise<Heard> {
    return this.until((frame) => frame.type === type, type)
  }

  /** The message event with these words. */
  async hearsText(words: string): Promise<RoomEvent> {
    const isIt = (event: RoomEvent) => event.kind === 'message' && event.text === words
    const frame = await this.until((one) => one.type === 'events' && (one.events as RoomEvent[]).some(isIt), `"${words}"`)
    return (frame.events as RoomEvent[]).find(isIt) as RoomEvent
  }

  /** Sends without awaiting; returns the ref. */
  say(type: string, fields: object = {}): number {
    const ref = ++this.#ref
    this.ws.send(JSON.stringify({ type, ref, ...fields }))
    return ref
  }

  answerTo(ref: number): Promise<Heard> {
    return this.until((frame) => (frame.type === 'ok' || frame.type === 'refused') && frame.ref === ref, `the answer to ${ref}`)
  }

  ask(type: string, fields: object = {}): Promise<Heard> {
    return this.answerTo(this.say(type, fields))
  }

  post(room: string, text: string, key = newKey()): Promise<Heard> {
    return this.ask('post', { room, key, text })
  }

  async open(room: string, more: object = {}): Promise<Heard> {
    const answer = await this.ask('open', { rooms: [{ room, ...more }] })
    return (answer.rooms as Heard[])[0] as Heard
  }

  /** Every event of a room so far, from pages and live, in the order of arrival. */
  events(room: string): RoomEvent[] {
    return this.frames.flatMap((frame) => {
      if (frame.type === 'events' && frame.room === room) return frame.events as RoomEvent[]
      if (frame.type !== 'ok' || !Array.isArray(frame.rooms)) return []
      return (frame.rooms as { room: string; events?: RoomEvent[] }[]).filter((one) => one.room === room).flatMap((one) => one.events ?? [])
    })
  }

  /** The close code and reason; 1006 when there was none. */
  ended(): Promise<{ code: number; reason: string }> {
    return this.#ended
  }

  get socket(): Socket {
    return (this.ws as WebSocket & { _socket: Socket })._socket
  }
}

export const newKey = (): string => randomBytes(15).toString('base64url')
