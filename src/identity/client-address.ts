import type { IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'

/**
 * Whose request it is: the peer, or the client that a trusted proxy names in X-Forwarded-For. The same rule for
 * requests (express asks the same library) and for upgrades, where `req.ip` does not exist.
 * @param trust hops, or addresses and networks, that may say whom they speak for; 0 = nobody.
 */
export function clientAddress(trust: number | readonly string[]): (request: IncomingMessage) => string {
  const isTrusted = typeof trust === 'number' ? (_: string, hop: number) => hop < trust : proxyAddress.compile([...trust])
  return (request) => {
    try {
      return proxyAddress(request, isTrusted) ?? ''
    } catch {
      return request.socket.remoteAddress ?? '' // a header that is no list of addresses names nobody
    }
  }
}
