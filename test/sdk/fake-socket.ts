import type { OpenSocket, WebSocketLike } from '../../src/sdk/client.ts'

export const welcome = {
  type: 'welcome',
  protocol: 'parley.v1',
  connection: 'c1',
  node: 'n1',
  store: 'store-1',
  now: 1,
  beatMs: 25_000,
  account: { id: 'ada', name: 'ada', display: 'Ada', role: 'member' },
  login: { id: 'l1', expiresAt: 9e12 },
  rooms: [],
  limits: { frameBytes: 65_536, textLength: 8_000, openRooms: 500, postsPerSecond: 10, postBurst: 20, pending: 64 },
}

/** The other end is the test. */
export class FakeSocket implements WebSocketLike {
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onerror: (() => void) | null = null
  readonly protocols: string[]
  readonly headers: Record<string, string>
  readonly sent: Record<string, unknown>[] = []
  /** Neither end has let go. */
  alive = true

  constructor(protocols: string[], headers: Record<string, string>) {
    this.protocols = protocols
    this.headers = headers
  }

  send(text: string): void {
    if (!this.alive) throw new Error('InvalidStateError')
    this.sent.push(JSON.parse(text))
  }

  close(): void {
    this.alive = false
  }

  says(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }

  /** The server closes, or the network does. */
  ends(code: number, reason = ''): void {
    this.alive = false
    this.onclose?.({ code, reason })
  }
}

export class FakeNetwork {
  readonly sockets: FakeSocket[] = []

  readonly open: OpenSocket = (_url, protocols, headers) => {
    const socket = new FakeSocket(protocols, headers)
    this.sockets.push(socket)
    return socket
  }

  get last(): FakeSocket {
    return this.sockets.at(-1)!
  }

  get alive(): number {
    return this.sockets.filter((socket) => socket.alive).length
  }
}
