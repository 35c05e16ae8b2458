import { isEveryAddress, isLoopback } from './address.ts'
import { isPostgres, readPostgresUrl } from './postgres-url.ts'
import type { Settings } from './schema.ts'

/** What single values cannot show: settings that do not go together, each said at the one to change. */
export interface Finding {
  key: string
  words: string
  /** The server starts all the same, and says it. */
  warning?: true
}

type Rule = (settings: Settings) => Finding | undefined

const hostOf = (host: string) => (isLoopback(host) ? 'loopback' : host)

const rules: Rule[] = [
  ({ tls, server }) =>
    tls.mode === 'off' && !isLoopback(server.host)
      ? {
          key: 'tls.mode',
          words: `off would send passwords over the network in the clear: server.host is ${server.host}, not a loopback address`,
        }
      : undefined,
  ({ store }) => {
    const place = store.url && isPostgres(store.url) ? readPostgresUrl(store.url) : undefined
    return place && 'wrong' in place ? { key: 'store.url', words: place.wrong } : undefined
  },
  ({ store }) =>
    store.url && /^sqlite:(:memory:|\/*)$/.test(store.url) ? { key: 'store.url', words: 'names no file to keep messages in' } : undefined,
  ({ bus }) => {
    if (bus.url === 'local') return undefined
    const url = URL.parse(bus.url)
    if (url === null || url.hostname === '' || !/^\/?\d*$/.test(url.pathname) || [...url.searchParams.keys()].some((name) => name !== 'ca'))
      return { key: 'bus.url', words: 'is not redis://[USER:PASSWORD@]HOST[:PORT][/NUMBER], or rediss:// with an optional ?ca=FILE' }
    if (bus.sentinels && url.port !== '')
      return { key: 'bus.url', words: 'has a port beside bus.sentinels: write the name they have for the master, as in rediss://mymaster' }
    const hosts = bus.sentinels?.map((one) => one.slice(0, one.lastIndexOf(':'))) ?? [url.hostname]
    if (url.protocol === 'redis:' && !hosts.every(isLoopback))
      return { key: 'bus.url', words: 'would send what people write over the network in the clear: use rediss://, which is TLS' }
    return undefined
  },
  ({ bus }) => {
    if (bus.sentinels?.length === 0) return { key: 'bus.sentinels', words: 'is an empty list: name them, or leave it out' }
    if (bus.sentinels && bus.url === 'local')
      return {
        key: 'bus.sentinels',
        words: 'would be asked for nothing: bus.url is local. Set it to rediss:// and the name they have for the master',
      }
    return undefined
  },
  ({ bus }) =>
    bus.sentinelPassword !== undefined && !bus.sentinels
      ? { key: 'bus.sentinelPassword', words: 'is for bus.sentinels, and there are none; that of Redis is in bus.url' }
      : undefined,
  ({ bus }) =>
    bus.sentinels && bus.sentinels.length < 3
      ? { key: 'bus.sentinels', words: 'are fewer than three: while one of them is away they may not agree on a new master', warning: true }
      : undefined,
  ({ bus, store }) =>
    bus.url !== 'local' && !(store.url && /^postgres/.test(store.url))
      ? {
          key: 'bus.url',
          words: 'is for several nodes, and those cannot share a store in SQLite: set store.url to postgres://…, or leave this at local',
        }
      : undefined,
  ({ server }) =>
    server.proxyProtocol && typeof server.trustProxy === 'number' && server.trustProxy > 0
      ? {
          key: 'server.trustProxy',
          words:
            'is a number beside server.proxyProtocol, which names the client already: one hop more is the client itself, who would choose its address; set 0, or list the proxies',
        }
      : undefined,
  ({ server }) =>
    server.proxyProtocol && server.trustProxy === 0 && !isLoopback(server.host)
      ? {
          key: 'server.trustProxy',
          words: 'is 0 beside server.proxyProtocol: whoever reaches the port may come under any address; list those of the proxies',
          warning: true,
        }
      : undefined,
  ({ server, ops }) =>
    ops.port !== 0 &&
    ops.port === server.port &&
    (hostOf(ops.host) === hostOf(server.host) || isEveryAddress(ops.host) || isEveryAddress(server.host))
      ? { key: 'ops.port', words: `${ops.port} is the port of server.port too` }
      : undefined,
  ({ server }) =>
    server.origins?.length === 0
      ? { key: 'server.origins', words: 'an empty list lets no page in; leave it out to allow the public address' }
      : undefined,
  ({ server }) =>
    server.publicUrl && server.origins?.length && !server.origins.includes(server.publicUrl)
      ? {
          key: 'server.origins',
          words: `does not hold server.publicUrl (${server.publicUrl}): the page there cannot open its socket`,
          warning: true,
        }
      : undefined,
  ({ server }) =>
    !isLoopback(server.host) && server.publicUrl === undefined
      ? {
          key: 'server.publicUrl',
          words: 'is not set: people on other machines are refused, since only https://localhost is ours',
          warning: true,
        }
      : undefined,
  ({ server, tls }) =>
    tls.mode === 'off' && server.publicUrl === undefined
      ? {
          key: 'server.publicUrl',
          words: 'is not set: with tls.mode off it should be the address of the proxy that speaks TLS',
          warning: true,
        }
      : undefined,
  ({ server, tls }) =>
    tls.mode === 'off' && server.trustProxy === 0 && !server.proxyProtocol
      ? { key: 'server.trustProxy', words: 'is 0 behind a proxy: everyone has its address, and shares the limits of one', warning: true }
      : undefined,
  ({ ops }) =>
    isLoopback(ops.host)
      ? undefined
      : { key: 'ops.host', words: `${ops.host} shows metrics to whoever reaches it, without a login`, warning: true },
  ({ keys }) =>
    keys.rotateAfter > 0 && keys.rotateAfter < 3_600_000
      ? { key: 'keys.rotateAfter', words: 'is less than an hour: old keys are kept while something rests on them, and would pile up' }
      : undefined,
  ({ limits }) =>
    limits.textLength * 4 > limits.frameBytes
      ? {
          key: 'limits.frameBytes',
          words: `${limits.frameBytes} may be too few for a text of limits.textLength (${limits.textLength})`,
          warning: true,
        }
      : undefined,
]

export const findings = (settings: Settings): Finding[] => rules.map((rule) => rule(settings)).filter((finding) => finding !== undefined)
