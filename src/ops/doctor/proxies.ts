import type { IncomingHttpHeaders } from 'node:http'

const known = ['nginx', 'haproxy', 'caddy', 'apache', 'traefik'] as const
type Known = (typeof known)[number]
/** `none`: Parley itself answers; `unknown`: something else is in between that does not say what it is. */
export type Front = Known | 'none' | 'unknown'

/** What a proxy can do wrong. */
export type Topic = 'upgrade' | 'host' | 'origin' | 'cookie' | 'timeout' | 'headers' | 'forwarded' | 'body'

/** By what an answer shows. HAProxy does not name itself, but writes all names of headers in small letters; Parley does not. */
export function proxyOf(
  { headers, rawHeaders, body }: { headers: IncomingHttpHeaders; rawHeaders: readonly string[]; body: string },
  ownTls: boolean,
): Front {
  const server = `${headers.server ?? ''} ${headers.via ?? ''}`.toLowerCase()
  const named = known.find((name) => server.includes(name))
  if (named) return named
  if (/^404 page not found\n$/.test(body)) return 'traefik'
  const names = rawHeaders.filter((_, at) => at % 2 === 0)
  if (names.includes('content-type') || /<h1>50[234] [A-Z][^<]*<\/h1>\nNo server is available|<html><body><h1>\d{3} /.test(body))
    return 'haproxy'
  return ownTls ? 'none' : 'unknown'
}

const nginxLocation = (...lines: string[]) => `location / {\n${lines.map((line) => `  ${line}\n`).join('')}}`

/** Lines to copy, by what is wrong and who does it. */
const fixes: Record<Topic, Record<Known, string> & { words: string }> = {
  upgrade: {
    words: 'Let the proxy pass on the headers Upgrade and Connection of /ws, over HTTP/1.1.',
    nginx: nginxLocation(
      'proxy_http_version 1.1;',
      'proxy_set_header Upgrade $http_upgrade;',
      'proxy_set_header Connection $http_connection;',
    ),
    haproxy: 'defaults\n  mode http\n  option http-keep-alive   # no "option httpclose", and no rule that deletes Upgrade or Connection',
    caddy: 'reverse_proxy 127.0.0.1:8443   # passes upgrades on by itself: remove any header_up for Connection or Upgrade',
    apache: 'ProxyPass / http://127.0.0.1:8443/ upgrade=websocket   # Apache 2.4.47 or newer',
    traefik: '# passes upgrades on by itself: remove any middleware "headers" that sets Connection or Upgrade',
  },
  host: {
    words: 'Let the proxy pass on the Host header as it came.',
    nginx: nginxLocation('proxy_set_header Host $http_host;'),
    haproxy: '# remove any "http-request set-header Host …" or "replace-header Host …"',
    caddy: 'reverse_proxy 127.0.0.1:8443   # remove any header_up Host',
    apache: 'ProxyPreserveHost On',
    traefik: 'loadBalancer:\n  passHostHeader: true',
  },
  origin: {
    words: 'Let the proxy pass on the Origin header as it came.',
    nginx: nginxLocation('# remove any "proxy_set_header Origin …"', 'proxy_pass_request_headers on;'),
    haproxy: '# remove any "http-request del-header Origin", "set-header Origin …" or "replace-header Origin …"',
    caddy: 'reverse_proxy 127.0.0.1:8443   # remove any header_up Origin, header_up -Origin',
    apache: '# remove any "RequestHeader unset Origin" or "RequestHeader set Origin …"',
    traefik: '# remove Origin from customRequestHeaders',
  },
  cookie: {
    words: 'Let the proxy pass on Set-Cookie as it came.',
    nginx: '# remove any proxy_cookie_path, proxy_cookie_domain, proxy_cookie_flags and "proxy_hide_header Set-Cookie"',
    haproxy: '# remove any "http-response replace-header Set-Cookie …", "del-header Set-Cookie", and "cookie … rewrite"',
    caddy: '# remove any header_down Set-Cookie',
    apache: '# remove any ProxyPassReverseCookiePath, ProxyPassReverseCookieDomain and "Header edit Set-Cookie …"',
    traefik: '# remove Set-Cookie from customResponseHeaders',
  },
  timeout: {
    words: 'Let the proxy keep a silent connection for 75 seconds or more; Parley sends something every 25.',
    nginx: nginxLocation('proxy_read_timeout 75s;', 'proxy_send_timeout 75s;'),
    haproxy: 'defaults\n  timeout client 75s\n  timeout server 75s\n  timeout tunnel 1h',
    caddy: 'reverse_proxy 127.0.0.1:8443 {\n  stream_timeout 0\n}',
    apache: 'ProxyTimeout 75\nProxyPass / http://127.0.0.1:8443/ upgrade=websocket timeout=75',
    traefik: 'entryPoints:\n  websecure:\n    transport:\n      respondingTimeouts:\n        idleTimeout: 75s',
  },
  headers: {
    words: 'Let the proxy pass on the headers of the answer as they came, and add none of these itself.',
    nginx: '# remove any "proxy_hide_header" of them, and "more_clear_headers"',
    haproxy: '# remove any "http-response del-header" or "set-header" of them',
    caddy: '# remove any header_down or header of them',
    apache: '# remove any "Header unset" or "Header set" of them',
    traefik: '# remove them from customResponseHeaders and from the middleware "headers"',
  },
  forwarded: {
    words: 'Let the proxy set X-Forwarded-For to the address of the client, and set server.trustProxy: 127.0.0.1 in config/local.yaml.',
    nginx: `${nginxLocation('proxy_set_header X-Forwarded-For $remote_addr;')}\n# and in config/local.yaml:\nserver:\n  trustProxy: 127.0.0.1`,
    haproxy: 'frontend …\n  http-request set-header X-Forwarded-For %[src]\n# and in config/local.yaml:\nserver:\n  trustProxy: 127.0.0.1',
    caddy: '# Caddy sets it by itself. In config/local.yaml:\nserver:\n  trustProxy: 127.0.0.1',
    apache:
      'RequestHeader unset X-Forwarded-For early   # mod_proxy adds the address of the client\n# and in config/local.yaml:\nserver:\n  trustProxy: 127.0.0.1',
    traefik: '# Traefik sets it by itself: no forwardedHeaders.insecure. In config/local.yaml:\nserver:\n  trustProxy: 127.0.0.1',
  },
  body: {
    words: 'Let the proxy take bodies of as many bytes as limits.httpBodyBytes.',
    nginx: 'client_max_body_size 1m;',
    haproxy: '# remove any rule that denies by req.body_size or Content-Length',
    caddy: 'request_body {\n  max_size 1MB\n}',
    apache: 'LimitRequestBody 1048576',
    traefik: '# raise maxRequestBodyBytes of the middleware "buffering"',
  },
}

/** What to change in the proxy that was seen; without one, in words. */
export const fixFor = (proxy: Front, topic: Topic): string =>
  proxy === 'none' || proxy === 'unknown' ? fixes[topic].words : fixes[topic][proxy]
