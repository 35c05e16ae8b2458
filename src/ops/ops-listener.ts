import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, isIP } from 'node:net'
import { isLoopback } from '../config.ts'

export interface OpsListener {
  /** The port that was really taken. */
  port: number
  close(): Promise<void>
}

interface Deps {
  host: string
  /** 0 takes any free one. */
  port: number
  ready: () => { ok: boolean; reasons: string[] }
  /** The text of `/metrics` (OpenMetrics); without it there is no such page. */
  metrics?: () => string | Promise<string>
}

/** Bytes of headers, ms, clients: it answers probes and nobody else. */
const limits = { maxHeaderSize: 8_192, headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: 5_000 }
const mostClients = 256

/**
 * `/livez`, `/readyz` and `/metrics` in plain HTTP, on an address that the internet does not see. No login is asked for, so nothing is told about people.
 * Nor is it told to pages: a name that somebody points here (DNS rebinding) is not answered, only addresses, local names and `host`.
 * @throws Error in words when the port is taken
 */
export async function openOpsListener({ host, port, ready, metrics }: Deps): Promise<OpsListener> {
  /** No stranger owns an address or a name without dots, as containers have; a probe of HTTP/1.0 names nobody. */
  function isOurs(asked: string | undefined): boolean {
    if (asked === undefined) return true
    const name = asked
      .toLowerCase()
      .replace(/:\d{1,5}$/, '')
      .replace(/^\[(.*)\]$/, '$1')
    return isIP(name) !== 0 || isLoopback(name) || /^[a-z0-9_-]+$/.test(name) || name === host.toLowerCase()
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOurs(request.headers.host)) return json(response, 421, { ok: false, reasons: ['ask by address, or by the name in ops.host'] })
    const asks = request.method === 'GET' || request.method === 'HEAD'
    const path = asks ? request.url?.split('?')[0] : undefined
    if (path === '/livez') return json(response, 200, { ok: true })
    if (path === '/readyz') {
      const { ok, reasons } = ready()
      if (!ok) response.setHeader('Retry-After', '5')
      return json(response, ok ? 200 : 503, { ok, reasons })
    }
    if (path === '/metrics' && metrics) return send(response, 200, 'text/plain; version=0.0.4; charset=utf-8', await metrics())
    json(response, 404, { ok: false, reasons: ['no such page'] })
  }

  const server = createServer(limits, (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.maxConnections = mostClients
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw inWords(error, host, port)
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

const json = (response: ServerResponse, status: number, body: object): void =>
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(body))

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  response.end(body)
}

function inWords(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'EADDRINUSE') return error
  return new Error(`ops.port ${port} on ${host} is in use by another program. Set ops.port to another one, or to 0 for any that is free.`, {
    cause: error,
  })
}
