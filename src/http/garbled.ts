import type { Duplex } from 'node:stream'
import { bareHeaders } from './bare-headers.ts'

/** ms that a client which spoke no HTTP has to take its answer. */
const lastWords = 1000

const statuses: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
}

/**
 * The end of what was no request: too slow, too large, or to be read in two ways. No express app ever sees it, so it is answered here, and
 * the connection ends, since nobody knows where the next request would begin (RFC 9112 §9.3).
 */
export function answerGarbled(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const head = [
    `HTTP/1.1 ${statuses[error.code ?? ''] ?? '400 Bad Request'}`,
    'Connection: close',
    'Content-Length: 0',
    ...Object.entries(bareHeaders('')).map(([name, value]) => `${name}: ${value}`),
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n`)
  setTimeout(() => socket.destroy(), lastWords).unref() // whoever does not hang up is hung up on
}
