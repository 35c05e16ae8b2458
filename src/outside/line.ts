import type { OnReadOpts } from 'node:net'
import { type ConnectionOptions, connect, type SecureContext, type TLSSocket } from 'node:tls'
import { FrameReader, maskedControl, maskedText, opcodes } from './frames.ts'

export interface Target {
  host: string
  port: number
  /** The name that the certificate is for, and the `Host` that is asked. */
  servername: string
  /** What certificates are believed; nothing: what Node believes. */
  secureContext?: SecureContext
}

export interface Wish {
  /** With its query. */
  path: string
  headers: Record<string, string>
  /** A TLS session to go on with. */
  session?: Buffer | undefined
  /** Is given one to go on with another time. */
  keepSession?: (session: Buffer) => void
  /** ms until the upgrade must have been answered; nothing: as long as it takes. */
  within?: number
}

/** Every line reads into this: it is looked through before the next one gets its turn. Copying less is what keeps this lean. */
const inbox = Buffer.allocUnsafe(256 * 1024)
const nothing = () => undefined

/** An upgrade that was answered with something else. */
export class NotLetIn extends Error {
  readonly status: number
  /** @param broken why there is no answer at all. */
  constructor(status: number, broken = 'The connection ended before an answer came.') {
    super(status === 0 ? broken : `The upgrade was answered with ${status}${status === 429 ? ': a limit of that server was met' : ''}.`)
    this.status = status
  }
}

/** One WebSocket connection over TLS, as lean as Node can: no object for a frame, no copy of what is read. */
export class Line {
  readonly socket: TLSSocket
  /** Everything that is text; the bytes are only valid during the call. What nobody listens to is kept for `next`. */
  heard: (bytes: Buffer, from: number, to: number) => void = this.#keep.bind(this)
  ended: (code: number) => void = nothing
  /** In words, why there is no connection any more. */
  broken: string | undefined
  #code = 1006
  #open: ((status: number) => void) | undefined
  #head = ''
  readonly #early: string[] = []
  readonly #reader = new FrameReader((opcode, bytes, from, to) => {
    if (opcode === opcodes.text) this.heard(bytes, from, to)
    else if (opcode === opcodes.ping) this.socket.write(maskedControl(opcodes.pong, bytes.subarray(from, to)))
    else if (opcode === opcodes.close) {
      this.#code = to - from >= 2 ? bytes.readUInt16BE(from) : 1005
      this.socket.end(maskedControl(opcodes.close, bytes.subarray(from, from + 2)))
    }
  })

  private constructor(target: Target, wish: Wish, opened: (status: number) => void) {
    this.#open = opened
    const options: ConnectionOptions & { onread: OnReadOpts } = {
      ...target,
      ...(wish.session && { session: wish.session }),
      onread: { buffer: inbox, callback: (size) => this.#read(inbox.subarray(0, size)) },
    }
    this.socket = connect(options)
    this.socket.setNoDelay(true)
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      this.broken ??= wordsOf(error, target)
    })
    if (wish.keepSession) this.socket.on('session', wish.keepSession)
    this.socket.on('secureConnect', () => this.socket.write(request(target, wish)))
    this.socket.on('close', () => {
      this.#open?.(0)
      this.ended(this.#code)
    })
  }

  /** @throws NotLetIn */
  static dial(target: Target, wish: Wish): Promise<Line> {
    return new Promise((resolve, reject) => {
      const line = new Line(target, wish, (status) => {
        if (status === 101) resolve(line)
        else {
          line.socket.destroy()
          reject(new NotLetIn(status, line.broken))
        }
      })
      if (wish.within !== undefined) line.#giveUpAfter(wish.within)
    })
  }

  #giveUpAfter(ms: number): void {
    const timer = setTimeout(() => this.#open && this.socket.destroy(), ms)
    this.socket.once('close', () => clearTimeout(timer))
  }

  #read(bytes: Buffer): boolean {
    if (!this.#open) {
      this.#reader.feed(bytes)
      return true
    }
    this.#head += bytes.toString('latin1')
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return true
    const opened = this.#open
    this.#open = undefined
    opened(Number(this.#head.split(' ', 2)[1]))
    const rest = Buffer.from(this.#head.slice(end + 4), 'latin1')
    this.#head = ''
    this.#reader.feed(rest)
    return true
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    this.#early.push(bytes.toString('utf8', from, to))
  }

  say(text: string): void {
    this.socket.write(maskedText(text))
  }

  /** The next text for which `wanted` says something. */
  next<T>(wanted: (text: string) => T | undefined): Promise<T> {
    for (const text of this.#early.splice(0)) {
      const found = wanted(text)
      if (found !== undefined) return Promise.resolve(found)
    }
    return new Promise((resolve, reject) => {
      this.ended = (code) => reject(new Error(`The connection ended with ${code} while an answer was waited for.`))
      this.heard = (bytes, from, to) => {
        const found = wanted(bytes.toString('utf8', from, to))
        if (found === undefined) return
        this.heard = this.#keep.bind(this)
        this.ended = nothing
        resolve(found)
      }
    })
  }

  /** From now on each text goes there, beginning with what came early. */
  listen(hear: (text: string) => void): void {
    for (const text of this.#early.splice(0)) hear(text)
    this.heard = (bytes, from, to) => hear(bytes.toString('utf8', from, to))
  }

  leave(): void {
    this.socket.destroy()
  }
}

/** X.509 faults that another authority would heal; Node names them as OpenSSL does (`X509_V_ERR_…`). */
const untrusted =
  /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|CERT_UNTRUSTED)$/

function wordsOf({ code = '', message }: NodeJS.ErrnoException, { servername, port }: Target): string {
  const whose = `${servername}:${port}`
  if (untrusted.test(code)) return `The certificate of ${whose} is not trusted here (${code}): name the authority behind it with --ca FILE.`
  return /CERT|TLS|SSL/.test(code) ? `No secure connection to ${whose}: ${message}.` : `No connection to ${whose} (${code || message}).`
}

function request({ servername, port }: Target, { path, headers }: Wish): string {
  const all = {
    Host: `${servername}:${port}`,
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'cGFybGV5IGJlbmNoISEhIQ==',
    ...headers,
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`
}
