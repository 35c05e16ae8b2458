import { once } from 'node:events'
import { connect as dialTcp, type Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext } from 'node:tls'
import { certificate } from '../support/house.ts'

/** What an HTTP answer says; `status` 0 when the server closed without one. */
export interface Answer {
  status: number
  /** Names in lower case. */
  headers: Map<string, string>
  head: string
  body: string
}

/** A WebSocket frame from the server. */
export interface RawFrame {
  opcode: number
  final: boolean
  payload: Buffer
}

const trusted = new Map<string, SecureContext>()
/** What every dialling needs; made once, since making it costs more than a handshake. */
export const tlsOptions = (port: number, ca = certificate().cert) => {
  const secureContext = trusted.get(ca) ?? createSecureContext({ ca })
  trusted.set(ca, secureContext)
  return { port, host: '127.0.0.1', servername: 'localhost', secureContext }
}

/** Says exactly the bytes it is told to, where a well-behaved client would not. */
export class RawClient {
  readonly socket: Socket
  readonly closed: Promise<void>
  #received: Buffer = Buffer.alloc(0)
  #wake: (() => void)[] = []
  #isClosed = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#stir()
    })
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true
        this.#stir()
        resolve()
      })
    })
  }

  static async dial(port: number, ca?: string): Promise<RawClient> {
    const client = new RawClient(connect(tlsOptions(port, ca)))
    await Promise.race([once(client.socket, 'secureConnect'), client.closed])
    return client
  }

  /** To a server without TLS. */
  static async plain(port: number): Promise<RawClient> {
    const client = new RawClient(dialTcp({ port, host: '127.0.0.1', noDelay: true }))
    await Promise.race([once(client.socket, 'connect'), client.closed])
    return client
  }

  #stir(): void {
    for (const wake of this.#wake.splice(0)) wake()
  }

  say(bytes: string | Buffer): this {
    this.socket.write(bytes)
    return this
  }

  /** What `read` makes of the bytes so far, as soon as it makes something; undefined when the server closed first. */
  async #await<T>(read: (bytes: Buffer) => { value: T; length: number } | undefined): Promise<T | undefined> {
    for (;;) {
      const found = read(this.#received)
      if (found) {
        this.#received = this.#received.subarray(found.length)
        return found.value
      }
      if (this.#isClosed) return undefined
      await new Promise<void>((resolve) => this.#wake.push(resolve))
    }
  }

  async answer(): Promise<Answer> {
    return (await this.#await(readAnswer)) ?? { status: 0, headers: new Map(), head: '', body: '' }
  }

  /** The next WebSocket frame; undefined when the connection is over. */
  frame(): Promise<RawFrame | undefined> {
    return this.#await(readFrame)
  }

  /** The next JSON frame with this in it. */
  async hears(part: object): Promise<Record<string, unknown>> {
    for (;;) {
      const frame = await this.frame()
      if (!frame) throw new Error(`the connection ended before ${JSON.stringify(part)}`)
      if (frame.opcode !== 1) continue
      const said = JSON.parse(String(frame.payload)) as Record<string, unknown>
      if (Object.entries(part).every(([name, value]) => said[name] === value)) return said
    }
  }

  /** The code of the close frame; 1006 when the connection ended without one. */
  async closeCode(): Promise<number> {
    for (;;) {
      const frame = await this.frame()
      if (!frame) return 1006
      if (frame.opcode === 8) return frame.payload.length >= 2 ? frame.payload.readUInt16BE(0) : 1005
    }
  }

  hangUp(): void {
    this.socket.destroy()
  }
}

function readAnswer(bytes: Buffer): { value: Answer; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = String(bytes.subarray(0, end))
  const [first = '', ...lines] = head.split('\r\n')
  const headers = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const length = end + 4 + Number(headers.get('content-length') ?? 0)
  if (bytes.length < length) return undefined
  return { value: { status: Number(first.split(' ')[1]), headers, head, body: String(bytes.subarray(end + 4, length)) }, length }
}

function readFrame(bytes: Buffer): { value: RawFrame; length: number } | undefined {
  if (bytes.length < 2) return undefined
  const [first, second] = [bytes[0] as number, bytes[1] as number]
  const from = second < 126 ? 2 : second === 126 ? 4 : 10
  if (bytes.length < from) return undefined
  const size = second < 126 ? second : second === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
  if (bytes.length < from + size) return undefined
  const payload = Buffer.from(bytes.subarray(from, from + size))
  return { value: { opcode: first & 0x0f, final: first >= 0x80, payload }, length: from + size }
}

/** A client's frame as RFC 6455 §5.2 wants it, or in the ways in which it should not be. */
export function frame(
  payload: string | Buffer,
  how: { opcode?: number; final?: boolean; rsv?: number; masked?: boolean; length?: bigint } = {},
) {
  const { opcode = 1, final = true, rsv = 0, masked = true } = how
  const bytes = Buffer.from(payload)
  const length = how.length ?? BigInt(bytes.length)
  const first = Buffer.from([(final ? 0x80 : 0) | (rsv << 4) | opcode])
  const mask = masked ? 0x80 : 0
  const size =
    length < 126n
      ? Buffer.from([mask | Number(length)])
      : length < 65536n
        ? Buffer.from([mask | 126, Number(length >> 8n), Number(length & 255n)])
        : Buffer.concat([Buffer.from([mask | 127]), Buffer.from(length.toString(16).padStart(16, '0'), 'hex')])
  if (!masked) return Buffer.concat([first, size, bytes])
  const key = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
  for (let i = 0; i < bytes.length; i++) bytes[i] = (bytes[i] as number) ^ (key[i & 3] as number)
  return Buffer.concat([first, size, key, bytes])
}

/** A text frame in pieces of these. */
export const pieces = (...parts: (string | Buffer)[]) =>
  Buffer.concat(parts.map((part, i) => frame(part, { opcode: i === 0 ? 1 : 0, final: i === parts.length - 1 })))

export interface Wish {
  method?: string
  path?: string
  http?: string
  /** `undefined` leaves one out, a list sends it several times. */
  headers?: Record<string, string | string[] | undefined>
}

/** The text of an upgrade request that is right in everything but what is wished for. */
export function upgradeText(port: number, { method = 'GET', path = '/ws', http = '1.1', headers = {} }: Wish = {}): string {
  const all: Record<string, string | string[] | undefined> = {
    Host: `localhost:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'parley.v1',
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  return `${method} ${path} HTTP/${http}\r\n${lines.join('')}\r\n`
}

/** Asks for a socket, takes the answer, and leaves. */
export async function knock(port: number, wish: Wish = {}): Promise<Answer> {
  const client = await RawClient.dial(port)
  const answer = await client.say(upgradeText(port, wish)).answer()
  client.hangUp()
  return answer
}

/** A connection that was let in and welcomed. */
export async function enter(port: number, token: string, ca?: string): Promise<RawClient> {
  const client = await RawClient.dial(port, ca)
  const { status } = await client.say(upgradeText(port, { headers: { Authorization: `Bearer ${token}` } })).answer()
  if (status !== 101) throw new Error(`was refused with ${status}`)
  await client.hears({ type: 'welcome' })
  return client
}

/** The same under deadlines so short that a busy machine misses one now and then: whoever was cut off by it comes again. */
export async function enterAtLast(port: number, token: string): Promise<RawClient> {
  for (;;) {
    try {
      return await enter(port, token)
    } catch (error) {
      if (!/^Error: (was refused with (0|408|503)|the connection ended)/.test(String(error))) throw error
    }
  }
}
