import type { IncomingHttpHeaders } from 'node:http'
import type { Login, Logins } from '../identity/logins.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { WebSessions } from '../identity/web-sessions.ts'
import { cookieName, subprotocol, ticketPrefix } from '../protocol/limits.ts'

/** Which check said no: for the log and the metrics. */
type Reason =
  | (
      | 'address'
      | 'draining'
      | 'address_rate'
      | 'no_tls'
      | 'origin'
      | 'sec_fetch_site'
      | 'cookie_without_origin'
      | 'query'
      | 'handshake'
      | 'version'
    )
  | ('key' | 'subprotocol' | 'two_credentials' | 'handshakes' | 'no_credential' | 'token' | 'ticket' | 'login_ended')
  | ('ticket_of_another' | 'ticket_used' | 'quota' | 'deadline' | 'store')

/** A no before the upgrade, as HTTP says it. */
export class NoEntry extends Error {
  override name = 'NoEntry'
  readonly status: 400 | 401 | 403 | 404 | 426 | 429 | 503
  readonly reason: Reason
  readonly retryAfterMs: number | undefined

  constructor(status: NoEntry['status'], reason: Reason, detail: string, retryAfterMs?: number) {
    super(detail)
    this.status = status
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

/** What an upgrade request says, apart from any socket. */
export interface Caller {
  method: string | undefined
  url: string | undefined
  /** '1.1' */
  version: string
  headers: IncomingHttpHeaders
  /** The peer, or the client that a trusted proxy names. */
  address: string
}

export interface Entrance {
  login: Login
  /** The key that has signed its token, or its cookie. */
  kid: string
  /** The token's own end, ms since 1970; undefined for the page. */
  tokenExpiresAt: number | undefined
}

export interface Guard {
  logins: Pick<Logins, 'find'>
  tokens: Pick<Tokens, 'readToken' | 'readTicket' | 'consume'>
  sessions: Pick<WebSessions, 'handleOf' | 'keyOf'>
  /** Host headers that are ours, with port, lower case. */
  isHost: (host: string) => boolean
  isOrigin: (origin: string) => boolean
  /** Whether a proxy in front was reached over TLS, as far as it says; without a proxy nobody asks. */
  isSecure?: (headers: IncomingHttpHeaders) => boolean
  isDraining: () => boolean
  /** Whether this node knows what has ended: else it can vouch for nobody. */
  isSure?: () => boolean
  /** As many callers are being checked as may be at a time. */
  isBusy: () => boolean
  /** 0, or ms until this address may try again. */
  pace: (address: string) => number
  /** Undefined, or why this login can have no further connection now. */
  quota: (login: Login) => string | undefined
}

/**
 * Every reason to turn a connection away, in one place and in one order: the cheap ones first, and the ticket,
 * which is used up by being looked at, last.
 * @throws NoEntry · whatever a failing store throws, which is no verdict about the caller.
 */
export async function admit(caller: Caller, guard: Guard): Promise<Entrance> {
  checkAddressed(caller, guard)
  const bearer = readBearer(caller)
  checkOrigin(caller, guard, bearer)
  const ticket = checkProtocol(caller)
  if (guard.isBusy()) throw new NoEntry(503, 'handshakes', 'Too many connections are being opened.', 1000)
  const { login, kid, tokenExpiresAt, jti } = bearer === undefined ? await byCookie(caller, guard, ticket) : await byToken(guard, bearer)
  const full = guard.quota(login)
  if (full !== undefined) throw new NoEntry(429, 'quota', full, 10_000)
  if (jti && !(await guard.tokens.consume(jti.id, jti.exp))) throw refused('ticket_used', 'That ticket was used already.')
  return { login, kid, tokenExpiresAt }
}

function checkAddressed({ method, url, headers, address }: Caller, guard: Guard): void {
  const isHere =
    method === 'GET' &&
    (url === '/ws' || url?.startsWith('/ws?')) &&
    typeof headers.host === 'string' &&
    guard.isHost(headers.host.toLowerCase())
  if (!isHere) throw new NoEntry(404, 'address', 'The socket is at GET /ws of this host.')
  if (guard.isDraining()) throw new NoEntry(503, 'draining', 'This server is stopping. Try again.', 2000 + Math.floor(Math.random() * 5000))
  if (guard.isSure?.() === false) throw new NoEntry(503, 'store', 'This server cannot reach the others right now. Try again.', 2000)
  const wait = guard.pace(address)
  if (wait > 0) throw new NoEntry(429, 'address_rate', 'Too many attempts from this address.', wait)
}

/** Only Origin tells our page from a stranger's: a browser sends cookies from any page, and on upgrades no Sec-Fetch-Site. */
function checkOrigin({ headers }: Caller, { isOrigin, isSecure }: Guard, bearer: string | undefined): void {
  if (isSecure?.(headers) === false) throw new NoEntry(403, 'no_tls', 'Come over TLS: wss://.')
  const { origin } = headers
  const site = headers['sec-fetch-site']
  if (origin !== undefined && (typeof origin !== 'string' || !isOrigin(origin)))
    throw new NoEntry(403, 'origin', 'This Origin may not open the socket.')
  if (site !== undefined && site !== 'same-origin')
    throw new NoEntry(403, 'sec_fetch_site', 'Only pages of this Origin may open the socket.')
  const hasCookie = headers.cookie?.includes(cookieName) ?? false
  if (origin === undefined && bearer === undefined && hasCookie)
    throw new NoEntry(403, 'cookie_without_origin', 'A cookie without an Origin is not accepted.')
}

/**
 * All that the WebSocket library would refuse in its own words, and only after the ticket was used up.
 * @returns the ticket, when one is offered.
 */
function checkProtocol({ url, version, headers }: Caller): string | undefined {
  if (url !== '/ws') {
    const detail = 'No credential travels in an address: send it as "Authorization: Bearer …", or as a ticket in Sec-WebSocket-Protocol.'
    throw new NoEntry(400, 'query', detail)
  }
  // A body still on its way would hide the socket behind a stream of Node's, whose queue says nothing about the socket's.
  const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
  if (version !== '1.1' || headers.upgrade?.toLowerCase() !== 'websocket' || hasBody)
    throw new NoEntry(400, 'handshake', 'Open a WebSocket: HTTP/1.1, "Upgrade: websocket", and no body.')
  if (headers['sec-websocket-version'] !== '13') throw new NoEntry(426, 'version', 'This server speaks version 13 of WebSocket (RFC 6455).')
  if (!/^[+/0-9A-Za-z]{22}==$/.test(String(headers['sec-websocket-key'])))
    throw new NoEntry(400, 'key', 'Sec-WebSocket-Key is missing or malformed.')
  const offered = readOffers(headers['sec-websocket-protocol'])
  if (!offered?.has(subprotocol)) throw new NoEntry(400, 'subprotocol', `Offer the subprotocol ${subprotocol}.`)
  const tickets = [...offered].filter((name) => name.startsWith(ticketPrefix))
  const tokens = headers.authorization?.split(',') ?? []
  if (tickets.length + tokens.length > 1) throw new NoEntry(400, 'two_credentials', 'Bring one credential, not two.')
  return tickets[0]?.slice(ticketPrefix.length)
}

/** RFC 6455 §11.3.4: tokens, each once; undefined when it is anything else. No step looks at a blank twice (CVE-2021-32640). */
function readOffers(header: string | undefined): Set<string> | undefined {
  const names = (header ?? '').split(',').map((name) => /^[ \t]*([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*$/.exec(name)?.[1])
  const offered = new Set(names.filter((name) => name !== undefined))
  return offered.size === names.length ? offered : undefined
}

/** RFC 6750 §2.1. */
function readBearer({ headers }: Caller): string | undefined {
  const { authorization } = headers
  if (authorization === undefined) return undefined
  return /^Bearer +([\w.~+/=-]+) *$/i.exec(String(authorization))?.[1] ?? ''
}

type Found = Entrance & { jti?: { id: string; exp: number } }

async function byToken({ tokens, logins }: Guard, bearer: string): Promise<Found> {
  const claims = await tokens.readToken(bearer)
  if (!claims) throw refused('token', 'That token is not valid.')
  const login = await logins.find(claims.sid)
  if (!login || login.account.id !== claims.sub) throw refused('login_ended', 'The login of that token has ended.')
  return { login, kid: claims.kid, tokenExpiresAt: claims.exp }
}

/** The cookie says who; the ticket says that our own page asked, just now, for this connection. Neither is enough alone. */
async function byCookie({ headers }: Caller, { sessions, tokens, logins }: Guard, ticket: string | undefined): Promise<Found> {
  if (headers.cookie === undefined) throw refused('no_credential', 'Send "Authorization: Bearer …", or the login cookie with a ticket.')
  const claims = ticket === undefined ? undefined : await tokens.readTicket(ticket)
  if (!claims) throw refused('ticket', 'A cookie needs a fresh ticket beside it: POST /api/v1/ticket.')
  const kid = sessions.keyOf(headers.cookie) ?? ''
  const handle = await sessions.handleOf(headers.cookie)
  const login = handle === undefined ? undefined : await logins.find(handle)
  if (!login) throw refused('login_ended', 'This login has ended.')
  if (claims.sid !== login.id || claims.origin !== headers.origin)
    throw refused('ticket_of_another', 'That ticket belongs to another login or page.')
  return { login, kid, tokenExpiresAt: undefined, jti: { id: claims.jti, exp: claims.exp } }
}

const refused = (reason: Reason, detail: string) => new NoEntry(401, reason, detail)
