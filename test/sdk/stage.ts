import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket as WsSocket } from 'ws'
import { type RefusalCode, refusals } from '../../src/protocol/codes.ts'
import type { MessageEvent, RoomEvent, RoomState } from '../../src/protocol/events.ts'
import type { ServerFrame } from '../../src/protocol/server-frames.ts'

type Asked = Record<string, unknown> & { type: string; ref: number; room: string; key: string; text: string; seq: number }
type Said = { kind: RoomEvent['kind'] } & Record<string, unknown>

export interface Connected {
  person: string
  socket: WsSocket
  open: Set<string>
}

/**
 * A server that plays its part as PROTOCOL.md writes it, and its faults when it is told to: real sockets, rooms in memory, one process.
 * The bearer token is the person's name.
 */
export class Stage {
  readonly logs = new Map<string, RoomEvent[]>()
  readonly connected = new Set<Connected>()
  /** Every request, in the order in which it came. */
  readonly asked: (Asked & { person: string })[] = []
  readonly tokens: string[] = []
  store = 'store-1'
  beatMs = 25_000
  /** Said instead of an answer, once each, to the next `post`s, edits and so on. */
  readonly refuseNext: { code: RefusalCode; retryAfterMs?: number }[] = []
  /** The next so many `events` frames get lost on the way. */
  loseEvents = 0
  /** The next so many posts are written, but the connection dies before the answer. */
  dieAfterWriting = 0
  pageEvents = 200
  readonly #http = createServer()
  readonly #wss = new WebSocketServer({ noServer: true })

  static async begin(...rooms: string[]): Promise<Stage> {
    const stage = new Stage()
    for (const room of rooms) stage.logs.set(room, [])
    stage.#http.on('upgrade', (request, socket, head) => {
      const person = /^Bearer (\w+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      stage.tokens.push(person)
      if (!person) socket.end('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      else stage.#wss.handleUpgrade(request, socket, head, (ws) => stage.#greet(person.split('_')[0]!, ws))
    })
    await stage.listen(0)
    return stage
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}/ws`
  }

  async listen(port: number): Promise<void> {
    this.#http.listen(port, '127.0.0.1')
    await new Promise((resolve) => this.#http.once('listening', resolve))
  }

  async end(): Promise<void> {
    for (const { socket } of this.connected) socket.terminate()
    await new Promise((resolve) => this.#http.close(resolve))
  }

  of(person: string): Connected | undefined {
    return [...this.connected].findLast((connection) => connection.person === person)
  }

  /** `code` 1006 = the cable is pulled. */
  cut(person: string, code = 1006, words = ''): void {
    const socket = this.of(person)?.socket
    if (code === 1006) socket?.terminate()
    else socket?.close(code, words)
  }

  tell(person: string, frame: ServerFrame | Record<string, unknown>): void {
    this.of(person)?.socket.send(JSON.stringify(frame))
  }

  /** Something happens in a room, whoever does it. */
  write(room: string, by: string, what: Said): RoomEvent {
    const log = this.logs.get(room)!
    const seq = log.length + 1
    const n = log.filter((event) => event.kind === 'message').length + 1
    const event = { seq, id: `${room}-${seq}`, by, at: seq, ...what, ...(what.kind === 'message' ? { n } : {}) } as RoomEvent
    log.push(event)
    if (this.loseEvents > 0) this.loseEvents--
    else this.#publish(room, [event])
    return event
  }

  texts(room: string): string[] {
    return this.logs.get(room)!.flatMap((event) => (event.kind === 'message' ? [event.text ?? ''] : []))
  }

  #publish(room: string, events: RoomEvent[]): void {
    for (const connection of this.connected) {
      if (connection.open.has(room)) connection.socket.send(JSON.stringify({ type: 'events', room, events }))
      else connection.socket.send(JSON.stringify({ type: 'heads', rooms: [{ room, ...this.#head(room), mentions: 0 }] }))
    }
  }

  #head(room: string): { last: number; n: number } {
    const log = this.logs.get(room)!
    return { last: log.length, n: log.filter((event) => event.kind === 'message').length }
  }

  #greet(person: string, socket: WsSocket): void {
    const connection: Connected = { person, socket, open: new Set() }
    this.connected.add(connection)
    socket.on('close', () => this.connected.delete(connection))
    socket.on('error', () => {})
    socket.on('message', (data) => this.#answer(connection, JSON.parse(String(data)) as Asked))
    const rooms = [...this.logs.keys()].map((id) => this.#state(id))
    const limits = { frameBytes: 65_536, textLength: 8_000, openRooms: 500, postsPerSecond: 10, postBurst: 20, pending: 64 }
    this.tell(person, {
      type: 'welcome',
      protocol: 'parley.v1',
      connection: 'c1',
      node: 'n1',
      store: this.store,
      now: 1,
      beatMs: this.beatMs,
      account: { id: person, name: person, display: person, role: 'member' },
      login: { id: 'l1', expiresAt: 9e12 },
      rooms,
      limits,
    })
  }

  #state(id: string): RoomState {
    return { id, name: id, kind: 'public', ...this.#head(id), read: 0, readN: 0, mentions: 0, role: 'member' }
  }

  #answer(connection: Connected, frame: Asked): void {
    this.asked.push({ ...frame, person: connection.person })
    const refusal = ['post', 'edit', 'remove', 'react'].includes(frame.type) ? this.refuseNext.shift() : undefined
    const { socket } = connection
    if (refusal) {
      const { words, retry } = refusals[refusal.code]
      socket.send(JSON.stringify({ type: 'refused', ref: frame.ref, message: words, retryable: retry, ...refusal }))
      return
    }
    const ok = this.#act(connection, frame)
    if (frame.type === 'post' && this.dieAfterWriting > 0) {
      this.dieAfterWriting--
      socket.terminate()
    } else socket.send(JSON.stringify({ type: 'ok', ref: frame.ref, ...ok }))
  }

  #act(connection: Connected, frame: Asked): object {
    const { room, key, text, seq } = frame
    const by = connection.person
    if (frame.type === 'open') {
      const rooms = frame.rooms as { room: string; after?: number; id?: string }[]
      return { rooms: rooms.map((asked) => this.#open(connection, asked)) }
    }
    if (frame.type === 'history') return this.#history(room, frame.before as number, frame.limit as number)
    if (frame.type === 'post') return this.#once(room, key, () => this.write(room, by, { kind: 'message', text, key }))
    if (frame.type === 'edit') return this.#once(room, key, () => this.write(room, by, { kind: 'edited', target: seq, text, key }))
    if (frame.type === 'remove') return this.#once(room, key, () => this.write(room, by, { kind: 'removed', target: seq, key }))
    if (frame.type === 'react') {
      const { emoji, on } = frame
      return this.#once(room, key, () => this.write(room, by, { kind: 'reacted', target: seq, emoji, on, key }))
    }
    if (frame.type === 'shut') for (const shut of frame.rooms as string[]) connection.open.delete(shut)
    if (frame.type === 'renew') return { expiresAt: 9e12 }
    return { now: 1 }
  }

  #once(room: string, key: string, write: () => RoomEvent): object {
    const known = this.logs.get(room)!.find((event) => event.key === key)
    const { seq, id, at } = known ?? write()
    return known ? { seq, id, at, duplicate: true } : { seq, id, at }
  }

  #open(connection: Connected, { room, after, id }: { room: string; after?: number; id?: string }): object {
    const log = this.logs.get(room)
    if (!log) return { room, refused: 'no_such_room' }
    const head = this.#head(room)
    connection.open.delete(room)
    if (after !== undefined && after > log.length) return { room, reset: 'future', ...head }
    if (after && id !== undefined && log[after - 1]!.id !== id) return { room, reset: 'mismatch', ...head }
    const from = after ?? Math.max(0, log.length - 50)
    const events = log.slice(from, from + this.pageEvents).map((event) => this.#present(room, event))
    const more = from + events.length < log.length
    if (!more) connection.open.add(room)
    return { room, ...head, events, more }
  }

  #history(room: string, before: number, limit: number): object {
    const all = this.logs.get(room)!.filter((event) => event.kind === 'message' && event.seq < before)
    const events = all.slice(-limit).map((event) => this.#present(room, event))
    return { events, more: all.length > events.length }
  }

  #present(room: string, event: RoomEvent): RoomEvent {
    if (event.kind !== 'message') return event
    const now: MessageEvent = { ...event }
    for (const change of this.logs.get(room)!) {
      if (!('target' in change) || change.target !== event.seq || change.kind === 'pinned') continue
      now.rev = change.seq
      if (change.kind === 'edited') Object.assign(now, { text: change.text, edited: true })
      if (change.kind === 'reacted') now.reactions = [...(now.reactions ?? []), { emoji: change.emoji, accounts: [change.by] }]
      if (change.kind === 'removed') {
        delete now.text
        now.removed = true
      }
    }
    return now
  }
}
