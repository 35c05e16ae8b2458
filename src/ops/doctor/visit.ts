import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import type { LookupFunction } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { WebSocket } from 'ws'
import { subprotocol } from '../../protocol/limits.ts'

/** ms for one request, from the first byte to the last. */
export const patience = 5_000
/** Bytes of an answer that are kept. */
const mostBody = 65_536

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  rawHeaders: string[]
  body: string
}

interface Ask {
  path: string
  method?: 'GET' | 'POST'
  headers?: OutgoingHttpHeaders
  body?: string
  /** The address of this machine to come from. */
  from?: string
}

export interface Upgrade {
  headers?: OutgoingHttpHeaders
  /** Offered beside the protocol of Parley. */
  ticket?: string
}

/** Comes in by the front door as people do, but never leaves this machine: whatever the name says, `address` is where it goes. */
export interface Visit {
  /** Where it really connects. */
  address: string
  /** @throws Error when nobody answers in time */
  ask(asked: Ask): Promise<Answer>
  /** An open socket, or the answer that refused it. @throws Error when there is neither in time */
  upgrade(asked: Upgrade): Promise<WebSocket | Answer>
  /** A TLS connection and nothing more; the caller ends it. Whether the certificate is good is for the caller to say. */
  handshake(protocols: string[], ca: string[]): Promise<TLSSocket>
}

export function createVisit(url: URL, address: string): Visit {
  const lookup: LookupFunction = (_, { all }, found) => {
    const family = address.includes(':') ? 6 : 4
    if (all) found(null, [{ address, family }])
    else found(null, address, family)
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // The certificate has a check of its own; here it must not hide what else is wrong.
  const way = { lookup, rejectUnauthorized: false, agent: false as const }

  return {
    address,
    ask: ({ path, method = 'GET', headers = {}, body, from }) =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.timeout(patience)
        const target = { host, port: url.port || 443, path, method, signal }
        const sent = { Host: url.host, ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }), ...headers }
        const asking = request({ ...target, ...way, headers: sent, ...(from !== undefined && { localAddress: from }) }, (response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            if (text.length < mostBody) text += chunk
          })
          response.on('end', () => {
            const { statusCode: status = 0, headers, rawHeaders } = response
            resolve({ status, headers, rawHeaders, body: text })
          })
          response.on('error', reject)
        })
        asking.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${patience / 1000} s`) : error))
        asking.end(body)
      }),

    upgrade: ({ headers = {}, ticket }) =>
      new Promise((resolve, reject) => {
        const offers = ticket === undefined ? [subprotocol] : [subprotocol, `parley.ticket.${ticket}`]
        const ws = new WebSocket(`wss://${url.host}/ws`, offers, {
          ...way,
          headers,
          handshakeTimeout: patience,
          perMessageDeflate: false,
        } as ConstructorParameters<typeof WebSocket>[2])
        ws.on('error', reject)
        ws.once('open', () => resolve(ws))
        ws.once('unexpected-response', (request, response) => {
          let text = ''
          response.setEncoding('utf8')
          response.on('data', (chunk: string) => {
            if (text.length < mostBody) text += chunk
          })
          const { statusCode: status = 0, headers, rawHeaders } = response
          const done = () => {
            request.destroy()
            resolve({ status, headers, rawHeaders, body: text })
          }
          response.setTimeout(patience, done)
          response.on('end', done).on('error', done)
        })
      }),

    handshake: (protocols, ca) =>
      new Promise((resolve, reject) => {
        const options = {
          host: address,
          port: Number(url.port || 443),
          ALPNProtocols: protocols,
          ca,
          rejectUnauthorized: false,
          timeout: patience,
        }
        const socket = connect({ ...options, ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }) }, () => resolve(socket))
        socket.on('timeout', () => socket.destroy(new Error(`no handshake within ${patience / 1000} s`)))
        socket.on('error', reject)
      }),
  }
}

/** The code in a problem of ours; undefined when somebody else answers. */
export function problemCode({ headers, body }: Answer): string | undefined {
  if (!headers['content-type']?.startsWith('application/problem+json')) return undefined
  try {
    const { code } = JSON.parse(body) as { code?: unknown }
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

export const isOpen = (outcome: WebSocket | Answer): outcome is WebSocket => outcome instanceof WebSocket
