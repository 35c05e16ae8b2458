import type { TLSSocket } from 'node:tls'

/**
 * Node gives each connection a copy of the list of protocols, which it needs for the handshake and keeps for ever. The copy is a few
 * bytes in a pool of 64 KiB, and pins the pool with all that came and went there: about 3 KB a connection. Nobody reads it after
 * the handshake. The name is Node's own; a test fails when a later one calls it something else.
 */
export function dropProtocols(socket: TLSSocket): void {
  const { _tlsOptions: options } = socket as { _tlsOptions?: { ALPNProtocols?: unknown } }
  if (options?.ALPNProtocols) options.ALPNProtocols = undefined
}
