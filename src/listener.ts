import { createServer as createPlainServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Gateway } from './gateway/gateway.ts'
import { answerGarbled } from './http/garbled.ts'
import { serverLimits } from './http/http.ts'
import { dropProtocols } from './tls/alpn.ts'

interface Deps {
  config: () => Config
  /** All options of TLS; undefined behind a proxy that ends it. */
  tls: object | undefined
  http: RequestListener
  gateway: Pick<Gateway, 'upgrade' | 'porch'>
  log: Logger
}

/** ms: how exactly the timeouts of HTTP hold; by itself Node looks every 30 s. */
const checkEvery = 1000
/** Connections that the kernel keeps until they are taken; it has a bound of its own (`net.core.somaxconn`). Node asks for 511. */
const backlog = 65_535
/** TCP connections beyond those that may chat: for pages, and for those who are about to be told no. */
const spare = 1000

/** The one server of people, HTTPS or, behind a proxy on this machine, HTTP, with its bounds and deadlines. It does not listen yet. */
export function createListener({ config, tls, http, gateway, log }: Deps) {
  const { headers, request, keepAlive } = config().timeouts
  const times = { headersTimeout: headers, requestTimeout: request, keepAliveTimeout: keepAlive, connectionsCheckingInterval: checkEvery }
  // Joined, two Hosts or two tokens are none: of two, Node would take the first, and a proxy in front perhaps the last.
  const options = { ...serverLimits, ...times, joinDuplicateHeaders: true, noDelay: true, pauseOnConnect: true }
  const server = tls === undefined ? createPlainServer(options, http) : createTlsServer({ ...options, ...tls }, http)
  server.maxHeadersCount = serverLimits.maxHeadersCount
  server.maxRequestsPerSocket = serverLimits.maxRequestsPerSocket
  let dropped = 0
  server.on('drop', () => dropped++)
  server.on('secureConnection', dropProtocols)
  // What was taken paused goes on when it has been let in; over TLS the socket inside is as paused as the one outside was.
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => socket.resume())
  server.on('upgrade', gateway.upgrade)
  server.on('clientError', answerGarbled)

  return {
    server,
    /** Takes up a bound that has changed, and says how many came on top of it since it was last asked. */
    boundConnections(): void {
      // Cut off before their handshake, which is the dear part: nobody who is in loses anything to them.
      server.maxConnections = config().limits.connections + spare
      if (dropped > 0)
        log.warn({ event: 'excess_rate_limit_exceeded', limit: 'connections', dropped }, 'More TCP connections came than there is room for')
      dropped = 0
      const givenUp = gateway.porch.givenUp()
      if (givenUp > 0)
        log.warn(
          { event: 'excess_rate_limit_exceeded', limit: 'porch', givenUp },
          'More TCP connections came at a time than could be let in soon',
        )
    },
    /** @returns the port that was taken. @throws when it is not to be had. */
    async listen(): Promise<number> {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(config().server.port, config().server.host, backlog, () => {
          server.off('error', reject)
          resolve()
        })
      })
      server.on('error', (error) => log.error({ event: 'server_error', err: error }, 'The server has a fault'))
      return (server.address() as AddressInfo).port
    },
  }
}
