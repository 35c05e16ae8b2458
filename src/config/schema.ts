import { bytes, choice, count, duration, flag, host, hostAndPort, type Kind, key, list, optional, origin, proxies, text } from './kinds.ts'

/** One setting. The types, the checks, `config show` and the comments of config/default.yaml all come from this table. */
export interface Setting<T> {
  kind: Kind<T>
  /** What it means; the same words stand above it in config/default.yaml. */
  doc: string
  /** A change takes effect only when the server is started again. */
  restart: boolean
  /** `all`: never shown. `password`: shown without the user and password in the address. Both may come from a file. */
  secret?: 'all' | 'password'
}

const setting = <T>(kind: Kind<T>, doc: string): Setting<T> => ({ kind, doc, restart: false })
const fixed = <T>(kind: Kind<T>, doc: string, secret?: 'all' | 'password'): Setting<T> => ({
  kind,
  doc,
  restart: true,
  ...(secret && { secret }),
})

const folder = text('a path', /^[^\0]+$/)
const million = 1_000_000

export const schema = {
  server: {
    name: setting(
      text('1 to 60 printable characters', /^[^\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]{1,60}$/u),
      'What people call this server; it heads the pages.',
    ),
    host: fixed(host, 'Where Parley listens. 0.0.0.0 or :: is everywhere.'),
    port: fixed(count(0, 65_535), 'The port; 0 takes any free one.'),
    publicUrl: fixed(optional(origin), 'The address that people type. Nothing: https://localhost:PORT.'),
    origins: setting(optional(list(origin)), 'Pages that may open the socket. Nothing: the public address alone.'),
    trustProxy: fixed(proxies, 'Proxies in front that may name the address of a client: how many hops, or a list of their addresses.'),
    proxyProtocol: fixed(
      flag,
      'Whether each connection begins with a header of the PROXY protocol (1 or 2), which names the client. One without it is cut off.',
    ),
  },
  tls: {
    mode: fixed(choice('own', 'off'), 'own: Parley speaks TLS itself. off: a proxy on this machine does; only on a loopback address.'),
    dir: fixed(folder, 'The folder of fullchain.pem and privkey.pem. It is watched: a new pair is taken up without a restart.'),
    minVersion: fixed(choice('1.2', '1.3'), 'The oldest version of TLS that is spoken.'),
  },
  data: {
    dir: fixed(folder, 'Everything that Parley remembers: the store, its keys, the admin socket. Back this folder up.'),
  },
  store: {
    url: fixed(
      optional(text('sqlite:FILE or postgres://USER@HOST/DATABASE', /^(sqlite|postgres|postgresql):.+$/)),
      'The database. Nothing: sqlite:parley.db in data.dir. postgres://USER:PASSWORD@HOST/DATABASE for one that several nodes share.',
      'password',
    ),
    poolSize: fixed(count(2, 1_000), 'PostgreSQL: connections of this node, besides the one that writes messages and two for its lease.'),
    statementTimeout: fixed(duration('100ms', '10m'), 'PostgreSQL: how long one statement may take, and a transaction may stand still.'),
  },
  bus: {
    url: fixed(
      text('local | redis://HOST | rediss://HOST', /^(local|rediss?:\/\/.+)$/),
      'How nodes tell each other: local when there is one; several share a Redis, and then web sessions are there too.',
      'password',
    ),
    sentinels: fixed(
      optional(list(hostAndPort)),
      'Where Redis Sentinels are that know the way: HOST in bus.url is then the name they have for the master, as in rediss://mymaster.',
    ),
    sentinelPassword: fixed(
      optional(text('1 to 500 printable characters', /^\P{C}{1,500}$/u)),
      'What the sentinels themselves want to hear. Nothing: they ask for none.',
      'all',
    ),
  },
  ops: {
    host: fixed(host, 'Where /livez, /readyz and /metrics are answered. Keep it off the internet.'),
    port: fixed(count(0, 65_535), 'The port of that listener; 0 takes any free one.'),
  },
  login: {
    idle: setting(duration('1s', '365d'), 'A login in the browser ends after this long without activity. A strict house sets 15m.'),
    absolute: setting(duration('1s', '400d'), 'A login ends this long after it began, whatever happens. A strict house sets 12h.'),
  },
  token: {
    life: setting(duration('1s', '10m'), 'How long a session token holds; it never outlives its login.'),
  },
  keys: {
    rotateAfter: setting(
      duration('0ms', '3650d'),
      'The keys that sign tokens and cookies are changed after this long, which signs nobody out. 0: only by hand.',
    ),
  },
  registration: setting(choice('closed', 'invite', 'open'), 'Who may make an account: nobody, people with an invitation, anyone.'),
  limits: {
    postsPerSecond: setting(count(1, million), 'Posts a second of one login, on each node.'),
    postBurst: setting(count(1, million), 'Posts at once of one login, on each node, before the rate holds.'),
    pending: setting(count(1, 100_000), 'Requests of one connection that wait for an answer.'),
    framesPerSecond: setting(
      count(1, million),
      'Frames a second that are read from one connection; of a faster one no more is read for a while.',
    ),
    connectionsPerLogin: setting(count(1, million), 'Connections of one login, on each node.'),
    connectionsPerAccount: setting(count(1, million), 'Connections of one account, on each node.'),
    handshakesPerSecondPerAddress: setting(count(1, million), 'Attempts a second, from one address, to open a socket, on each node.'),
    handshakesInFlight: setting(count(1, million), 'Attempts that are being looked at.'),
    connections: setting(count(1, 10 * million), 'Connections of this node.'),
    frameBytes: setting(bytes(1_024, 16_777_216), 'The longest frame from a client.'),
    textLength: setting(count(1, million), 'The longest message, in code points.'),
    openRooms: setting(count(1, 100_000), 'Rooms that one connection has open.'),
    queueBytes: setting(bytes(16_384, 1_073_741_824), 'Events that wait for a slow reader, before it is fed from the store instead.'),
    queueAge: setting(duration('100ms', '10m'), 'How old those events may become, before the same happens.'),
    pullerStall: setting(duration('1s', '10m'), 'A slow reader that takes nothing for this long is disconnected.'),
    passwordQueue: setting(count(0, 100_000), 'Passwords that wait to be checked.'),
    passwordsAtOnce: setting(count(1, 64), 'Passwords that are checked at a time; each takes 19 MiB and a thread.'),
    signInsPerMinutePerAccount: setting(count(1, million), 'Attempts a minute to sign in to one account.'),
    signInsPerMinutePerAddress: setting(count(1, million), 'Attempts a minute to sign in from one address.'),
    signInsPerMinutePerAccountAndAddress: setting(
      count(1, million),
      'Attempts a minute to sign in to one account from one address; less than for the account, so that no single address uses those up.',
    ),
    signInFailuresInARow: setting(count(1, million), 'Failed attempts in a row to sign in to one account, in a day.'),
    auditedAddresses: setting(
      count(1, 100_000),
      'Addresses whose failed sign-ins are recorded apart within a minute; those of more are only counted.',
    ),
    httpBodyBytes: setting(bytes(1_024, 16_777_216), 'The longest body of an HTTP request.'),
    httpRequestsPerSecondPerAddress: setting(count(1, million), 'HTTP requests a second from one address, on each node.'),
    roomsPerAccount: setting(count(1, 100_000), 'Rooms that one account is in.'),
    membersPerRoom: setting(count(2, million), 'Members of one room.'),
    loginsPerAccount: setting(count(1, 100_000), 'Logins of one account; the oldest ends when another begins.'),
  },
  timeouts: {
    handshake: setting(duration('100ms', '60s'), 'Opening a socket, from the first byte to the answer.'),
    headers: fixed(duration('100ms', '5m'), 'The headers of an HTTP request.'),
    request: fixed(duration('100ms', '10m'), 'A whole HTTP request.'),
    keepAlive: fixed(duration('100ms', '10m'), 'An HTTP connection between two requests.'),
    ping: setting(duration('100ms', '10m'), 'Between two WebSocket pings.'),
    pong: setting(duration('100ms', '10m'), 'A connection that answers no ping and moves no byte for this long is gone.'),
    drain: setting(duration('0ms', '1h'), 'How long a stopping server takes to send everyone elsewhere.'),
  },
  secrets: {
    masterKey: fixed(optional(key), 'Seals the keys in the store. Nothing: data.dir/master.key, made on the first start.', 'all'),
  },
  log: {
    level: setting(choice('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'), 'What is worth a line.'),
  },
} as const satisfies Record<string, Setting<unknown> | Record<string, Setting<unknown>>>

type Schema = typeof schema
type Read<S> = S extends Setting<infer T> ? T : { readonly [K in keyof S]: Read<S[K]> }

/** Every setting with its value as written, checked. Durations are ms, sizes are bytes. */
export type Settings = Read<Schema>

/** `server.port` → its setting. A registry of all of them by full name. */
export const settings: ReadonlyMap<string, Setting<unknown>> = new Map(
  Object.entries(schema).flatMap(([section, inside]): [string, Setting<unknown>][] =>
    isSetting(inside) ? [[section, inside]] : Object.entries(inside).map(([name, one]) => [`${section}.${name}`, one]),
  ),
)

function isSetting(entry: object): entry is Setting<unknown> {
  return 'kind' in entry
}
