import type { IncomingMessage } from 'node:http'
import type { Logger } from 'pino'
import type { Messages } from '../chat/messages.ts'
import type { Rooms } from '../chat/rooms.ts'
import type { Accounts } from '../identity/accounts.ts'
import type { Audit } from '../identity/audit.ts'
import type { Devices } from '../identity/devices.ts'
import type { Invites } from '../identity/invites.ts'
import type { Login, Logins } from '../identity/logins.ts'
import type { SignIn } from '../identity/sign-in.ts'
import type { Tokens } from '../identity/tokens.ts'
import type { WebSessions } from '../identity/web-sessions.ts'
import type { Refusal } from '../protocol/codes.ts'
import type { Ready } from './health.ts'
import type { HttpMeter } from './metering.ts'

/** Read at each use, so getters may follow a reload of the configuration. Durations in ms, sizes in bytes. */
export interface HttpSettings {
  /** `server.name`: heads the pages. */
  readonly name: string
  /** `server.publicUrl`: scheme, host and port. */
  readonly publicUrl: string
  /** Pages that may ask, beside the public address. */
  readonly origins: readonly string[]
  /** Whether the server is bound to a loopback address: then any loopback name is a good Host. */
  readonly loopback: boolean
  /** Hops, or addresses and networks, that may say whom they speak for; read once. 0 = nobody. */
  readonly trustProxy: number | readonly string[]
  /** A proxy in front speaks TLS, and may say that somebody came to it without. */
  readonly behindProxy?: boolean
  readonly registration: 'closed' | 'invite' | 'open'
  readonly bodyBytes: number
  readonly requestsPerSecondPerAddress: number
  /** Life of the cookie: the absolute limit of a login. */
  readonly absoluteMs: number
  /** For the line under the name on the sign-in page. */
  readonly idleMs: number
}

/** An open socket of a login, as the list of sign-ins shows it. */
export interface ConnectionInfo {
  id: string
  node: string
  since: number
  lastFrameAt: number
}

/** All that this room of the house asks of the others. */
export interface HttpDeps {
  accounts: Pick<Accounts, 'add' | 'get' | 'count'>
  logins: Pick<Logins, 'begin' | 'find' | 'list' | 'touch' | 'end'>
  signIn: SignIn
  tokens: Pick<Tokens, 'token' | 'ticket' | 'readToken' | 'jwks'>
  invites: Pick<Invites, 'acceptSetup' | 'create' | 'look' | 'accept'>
  devices: Devices
  audit: Pick<Audit, 'as'>
  webSessions: Pick<WebSessions, 'store'>
  /** The very array of `secrets.cookieSecrets`. */
  cookieSecrets: string[]
  rooms: Pick<
    Rooms,
    'list' | 'public' | 'find' | 'create' | 'direct' | 'members' | 'people' | 'named' | 'join' | 'leave' | 'add' | 'remove'
  >
  messages: Pick<Messages, 'post' | 'history'>
  connectionsOf(logins: string[]): Promise<Map<string, ConnectionInfo[]>>
  /** The admission checks of an upgrade that can be made before it: quotas of connections, draining. */
  admitTicket(login: Login): Promise<Refusal | undefined>
  settings: HttpSettings
  /** Whose request it is; the same rule as for upgrades. Default: by `settings.trustProxy`. */
  addressOf?: (request: IncomingMessage) => string
  ready: () => Ready
  meter?: HttpMeter
  log: Logger
  now: () => number
  /** What vite built: index.html and assets/. */
  webDir: string
  /** The stylesheet of the pages before the app. */
  entryStyle: string
}
