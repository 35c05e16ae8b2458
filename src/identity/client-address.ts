import type { IncomingMessage } from 'node:http'
import proxyAddress from 'proxy-addr'

/** Hops, or addresses and networks, that may say whom they speak for; 0 = nobody. */
type Trust = number | readonly string[]

/**
 * Whose request it is: the peer, or the client that a trusted proxy names in X-Forwarded-For. One rule for requests and for
 * upgrades; express is told nothing of proxies, so that no other header of theirs means anything.
 * @param peerOf who connected; with the PROXY protocol, for whom.
 */
export function clientAddress(
  trust: Trust,
  peerOf: (socket: IncomingMessage['socket']) => string | undefined = (socket) => socket.remoteAddress,
): (request: IncomingMessage) => string {
  const isTrusted = typeof trust === 'number' ? (_: string, hop: number) => hop < trust : proxyAddress.compile([...trust])
  return ({ headers, socket }) => {
    const remoteAddress = peerOf(socket)
    try {
      return proxyAddress({ headers, socket: { remoteAddress } } as IncomingMessage, isTrusted) ?? ''
    } catch {
      return remoteAddress ?? '' // a header that is no list of addresses names nobody
    }
  }
}

/** Whether a peer may open connections for others: with a list only those on it, with a number whoever can reach the port. */
export function trustedPeer(trust: Trust): (address: string) => boolean {
  if (typeof trust === 'number') return () => true
  const isListed = proxyAddress.compile([...trust])
  return (address) => isListed(address, 0)
}
