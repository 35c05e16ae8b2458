import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Login } from '../identity/logins.ts'
import { subprotocol } from '../protocol/limits.ts'
import { admit, type Entrance, type Guard, NoEntry } from './admission.ts'
import type { Porch } from './porch.ts'

/** Where a connection comes from, for the log. */
export interface From {
  address: string
  /** '' for a program that names none. */
  origin: string
}

interface Deps {
  guard: Omit<Guard, 'isBusy'>
  addressOf: (request: IncomingMessage) => string
  /** What protects the answer to a request that came with this Host: no middleware of HTTP sees a refused upgrade. */
  headers: (host: string) => Record<string, string>
  limits: () => { frameBytes: number; handshakesInFlight: number; handshake: number }
  /** The socket is open: take it. Called in the turn of the 101, so that no first frame is missed. Resolves when it is welcomed. */
  bind: (ws: WebSocket, socket: Duplex, entrance: Entrance, from: From) => Promise<void>
  attempts: Porch['attempts']
  log: Logger
  refused: (status: NoEntry['status'], reason: NoEntry['reason']) => void
}

/** ms that a refused peer has to take its answer. */
const lastWords = 1000

/** What a page of another Origin tries in the name of whoever looks at it (OWASP logging vocabulary). */
const foreign: ReadonlySet<NoEntry['reason']> = new Set(['origin', 'sec_fetch_site', 'cookie_without_origin'] as const)

const codes: Record<number, string> = {
  400: 'invalid',
  401: 'signed_out',
  403: 'forbidden',
  404: 'not_found',
  426: 'invalid',
  429: 'rate_limited',
  503: 'unavailable',
}

/** From a raw socket to a bound connection, or to an HTTP answer that says why not. Never an exception. */
export function createUpgrade({ guard, addressOf, headers, limits, bind, attempts, log, refused }: Deps) {
  const wss = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits().frameBytes,
    maxFragments: 64,
    maxBufferedChunks: 1024,
    maxPendingAutoPongs: 20,
    closeTimeout: 1000,
    handleProtocols: () => subprotocol, // never an echo: a ticket among the offers must not come back
  } as ConstructorParameters<typeof WebSocketServer>[0])
  let inFlight = 0
  const isBusy = () => inFlight > limits().handshakesInFlight

  function refuse(socket: Duplex, no: NoEntry, host: string): void {
    const body = JSON.stringify({
      type: 'about:blank',
      title: STATUS_CODES[no.status],
      status: no.status,
      code: codes[no.status],
      detail: no.message,
      ...(no.retryAfterMs === undefined ? {} : { retryAfterMs: no.retryAfterMs }),
    })
    const head = [
      `HTTP/1.1 ${no.status} ${STATUS_CODES[no.status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      ...Object.entries(headers(host)).map(([name, value]) => `${name}: ${value}`),
      ...(no.retryAfterMs === undefined ? [] : [`Retry-After: ${Math.ceil(no.retryAfterMs / 1000)}`]),
      ...(no.status === 426 ? ['Upgrade: websocket', 'Sec-WebSocket-Version: 13'] : []),
      ...(no.status === 401 ? ['WWW-Authenticate: Bearer'] : []),
    ]
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`) // not write() and destroy(), which can lose the answer
    setTimeout(() => socket.destroy(), lastWords).unref()
  }

  function within<T>(work: Promise<T>, ms: number): Promise<T> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new NoEntry(503, 'deadline', 'Checking took too long. Try again.', 1000)), ms)
    })
    return Promise.race([work, late]).finally(() => clearTimeout(timer))
  }

  async function answer(request: IncomingMessage, socket: Duplex, head: Buffer, onError: () => void): Promise<void> {
    const from: From = { address: addressOf(request), origin: String(request.headers.origin ?? '').slice(0, 200) }
    try {
      inFlight++
      const { method, url, httpVersion: version, headers } = request
      const checked = admit({ method, url, version, headers, address: from.address }, { ...guard, isBusy })
      const done = () => void inFlight--
      void checked.then(done, done) // one that outlives its deadline counts until it ends: it is still asking the store
      const entrance = await within(checked, limits().handshake)
      if (socket.destroyed) return
      // While the ticket was being consumed others came in: the quota is asked again, in the turn that binds.
      const full = guard.quota(entrance.login)
      if (full !== undefined) throw new NoEntry(429, 'quota', full, 10_000)
      wss.options.maxPayload = limits().frameBytes
      let welcomed: Promise<void> | undefined
      wss.handleUpgrade(request, socket, head, (ws) => {
        socket.off('error', onError) // ws listens for itself now
        welcomed = bind(ws, socket, entrance, from)
      })
      await welcomed
    } catch (error) {
      const no = error instanceof NoEntry ? error : new NoEntry(503, 'store', 'The server cannot check that right now. Try again.', 2000)
      refused(no.status, no.reason)
      const event = {
        event: foreign.has(no.reason) ? 'malicious_csrf' : 'ws_refused',
        status: no.status,
        reason: no.reason,
        ...from,
      }
      if (error instanceof NoEntry) log.info(event, no.message)
      else log.error({ ...event, err: error }, 'An upgrade could not be checked')
      refuse(socket, no, request.headers.host ?? '')
    }
  }

  return {
    /** The listener of an HTTPS server's `upgrade`. */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
      // First of all: a peer that resets now must not end the process.
      const onError = () => socket.destroy()
      socket.on('error', onError)
      attempts.begin(request)
      void answer(request, socket, head, onError).finally(() => attempts.end(request))
    },
    /** The same checks for a page that asks for a ticket, whose answer a browser can read. */
    whyNot: (login: Login): string | undefined => guard.quota(login),
  }
}
