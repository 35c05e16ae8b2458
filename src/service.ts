import type { Logger } from 'pino'
import { createPresence } from './chat/presence.ts'
import { addressOf, type Config, isLoopback, storeFile } from './config.ts'
import { createGateway } from './gateway/gateway.ts'
import { createWheel, nowhere } from './gateway/wheel.ts'
import { type Clock, openHouse, systemClock } from './house.ts'
import { keepHouse } from './housekeeping.ts'
import { bareHeaders } from './http/bare-headers.ts'
import type { HttpSettings } from './http/deps.ts'
import { allowsHost, cameInTheClear } from './http/hosts.ts'
import { createHttp } from './http/http.ts'
import { clientAddress, trustedPeer } from './identity/client-address.ts'
import type { Announce } from './identity/logins.ts'
import { createListener } from './listener.ts'
import { createObservation } from './ops/observation.ts'
import { Refusal } from './protocol/codes.ts'
import type { Certificates } from './tls/certificates.ts'
import { createProxyEntrance } from './tls/proxy-entrance.ts'

interface Start {
  config: () => Config
  log: Logger
  clock?: Clock
  /** The certificate and all other options of TLS, as they are at the start; undefined behind a proxy that ends TLS. */
  tls: object | undefined
  /** What there is to say of the certificate, for metrics. */
  certificates?: Pick<Certificates, 'facts' | 'refusal'> | undefined
  webDir: string
  entryStyle: string
  /** The store can no longer be trusted: end the process. */
  onFatal: (error: Error) => void
}

/** The whole service, listening: a house with a gateway and pages. */
export async function startService({ config, log, clock = systemClock, tls, certificates, webDir, entryStyle, onFatal }: Start) {
  let announce: Announce = async () => ({ connections: 0, unconfirmed: 0 })
  let forsake = async () => 0
  const observation = createObservation({ probe: () => house.store.probe(), log })
  const { meters } = observation
  const house = await openHouse({
    config,
    log,
    clock,
    announce: (ended) => announce(ended),
    forsake: () => forsake(),
    meters,
    onFatal,
  }).catch((error) => {
    observation.close()
    throw error
  })
  let isDraining = false
  let url = config().server.publicUrl ?? ''
  const origins = () => config().server.origins ?? [url]
  const settings: HttpSettings = {
    get name() {
      return config().server.name
    },
    get publicUrl() {
      return url
    },
    get origins() {
      return origins()
    },
    loopback: isLoopback(config().server.host),
    trustProxy: config().server.trustProxy,
    behindProxy: tls === undefined,
    get registration() {
      return config().registration
    },
    get bodyBytes() {
      return config().limits.httpBodyBytes
    },
    get requestsPerSecondPerAddress() {
      return config().limits.httpRequestsPerSecondPerAddress
    },
    get absoluteMs() {
      return config().login.absolute
    },
    get idleMs() {
      return config().login.idle
    },
  }

  const { trustProxy, proxyProtocol } = config().server
  const entrance = proxyProtocol
    ? createProxyEntrance({
        isTrusted: trustedPeer(trustProxy),
        onRefused: (why, peer) =>
          log.info({ event: 'proxy_header_refused', why, peer }, 'A connection without a good PROXY header was cut off'),
      })
    : undefined
  const addressOfClient = clientAddress(trustProxy, entrance?.peerOf)
  const { node, nodes } = house
  const wheel = createWheel(clock.monotonic)
  const presence = createPresence({ bus: house.bus, node, monotonic: clock.monotonic, later })
  const gateway = await createGateway({
    ...house,
    node,
    store: house.store.incarnation,
    sessions: house.webSessions,
    presence,
    ...(nodes && { gate: nodes }),
    wheel,
    limits: () => config().limits,
    times: () => config().timeouts,
    isHost: (host) => allowsHost(host, settings),
    isOrigin: (origin) => origins().includes(origin) || origin === url,
    isSecure: (headers) => tls !== undefined || !cameInTheClear(headers),
    refusalHeaders: bareHeaders,
    addressOf: addressOfClient,
    meter: meters.gateway,
    log,
  })
  announce = gateway.end
  forsake = gateway.forsake
  observation.deliversThrough(gateway.afterTurn)

  function later(ms: number, then: () => void): () => void {
    const due = clock.monotonic() + ms
    const wait = { ...nowhere, wake: (now: number) => (now >= due ? then() : wheel.set(wait, due)) }
    wheel.set(wait, due)
    return () => wheel.clear(wait)
  }

  /** On all nodes. */
  async function connectionsOf(logins: string[]): Promise<ReturnType<typeof gateway.connectionsOf>> {
    const all = gateway.connectionsOf(logins)
    for (const [login, open] of (await nodes?.connectionsOf(logins)) ?? []) all.set(login, [...(all.get(login) ?? []), ...open])
    return all
  }

  async function join(): Promise<void> {
    if (!nodes) return
    const isAlone = config().bus.kind === 'local'
    if (isAlone) await nodes.checkAlone()
    await nodes.join(isAlone, {
      async end(ended) {
        const { connections } = await gateway.end(ended)
        const requests = [...new Set(ended.map(({ request }) => request))]
        if (connections > 0)
          log.info(
            { event: 'ended_elsewhere', request: requests[0], requests: requests.slice(0, 20), connections },
            'Logins that another node has ended are gone here',
          )
        return connections
      },
      async keysChanged() {
        await house.secrets.reload()
        return gateway.forsake()
      },
      recheck: gateway.recheck,
      connectionsOf: gateway.connectionsOf,
    })
  }

  function ready(): { ok: boolean; reasons: string[] } {
    const reasons = [
      ...new Set([
        ...(isDraining ? ['draining'] : []),
        ...(housekeeping.hasFailed() || nodes?.holds() === false ? ['store'] : []),
        ...observation.reasons(),
      ]),
    ]
    return { ok: reasons.length === 0, reasons }
  }

  const http = createHttp({
    ...house,
    cookieSecrets: house.secrets.cookieSecrets,
    connectionsOf,
    admitTicket: async (login) => {
      if (isDraining) return new Refusal('unavailable', 'This server is stopping.', { retryAfterMs: 2000 })
      const why = gateway.whyNot(login)
      return why === undefined ? undefined : new Refusal('rate_limited', why, { retryAfterMs: 10_000 })
    },
    settings,
    addressOf: addressOfClient,
    ready,
    meter: meters.http,
    log,
    now: clock.now,
    webDir,
    entryStyle,
  })

  const { server, boundConnections, listen } = createListener({ config, tls, http, gateway, log })
  boundConnections()
  entrance?.guard(server)
  gateway.porch.guard(server, { shakesHands: tls !== undefined })
  const housekeeping = keepHouse({ house, clock, log, also: boundConnections })
  const port = await join()
    .then(listen)
    .catch(async (error) => {
      housekeeping.stop()
      observation.close()
      await gateway.close()
      await nodes?.leave()
      await house.close()
      throw error
    })
  url = addressOf(config(), port).publicUrl

  return {
    url,
    node,
    port,
    house,
    gateway,
    wheel,
    server,
    ready,
    connections: () => gateway.connections,
    connectionsOf,
    /** What `/metrics` says. */
    metrics: (): Promise<string> =>
      observation.text({
        gateway: gateway.figures(),
        limits: config().limits,
        ready: ready(),
        bus: house.bus.figures(),
        nodes: nodes && { live: nodes.others().length + 1, holds: nodes.holds(), age: nodes.leaseAge() },
        fallbacks: house.fallbacks,
        connections: house.store.connections?.(),
        certificate: certificates && { facts: certificates.facts(), refusal: certificates.refusal() },
        database: storeFile(config().store),
        now: clock.now(),
      }),
    /** Refuses new connections, sends the present ones elsewhere, and resolves when all that was written is on disk. */
    async drain(): Promise<void> {
      isDraining = true
      await gateway.drain()
    },
    async close(): Promise<void> {
      isDraining = true
      housekeeping.stop()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeIdleConnections()
      await gateway.close()
      server.closeAllConnections()
      await closed
      await nodes?.leave()
      await house.close()
      observation.close()
    },
  }
}

export type Service = Awaited<ReturnType<typeof startService>>
