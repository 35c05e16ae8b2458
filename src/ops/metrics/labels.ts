import type { GatewayMeter, Recovery } from '../../gateway/meter.ts'
import type { RequestClass } from '../../http/metering.ts'
import type { EndedWhy } from '../../identity/logins.ts'
import { clientFrames } from '../../protocol/client-frames.ts'
import { closes, refusals } from '../../protocol/codes.ts'
import type { RoomEvent } from '../../protocol/events.ts'
import type { StoreFault } from '../../store/meter.ts'

/** The members of a union as a list that the compiler keeps complete. */
const all = <T extends string>(of: Record<T, true>): readonly T[] => Object.keys(of) as T[]

type Status = `${Parameters<GatewayMeter['refused']>[0]}`
type Reason = Parameters<GatewayMeter['refused']>[1]

/*
 * Every value that a label can have. What is not listed is counted as `other`, so that nobody can fill the memory of
 * whoever collects the figures by asking for paths or sending types that do not exist.
 */
export const other = 'other'

export const frameTypes = [...Object.keys(clientFrames), 'unreadable']
export const outcomes = ['ok', ...Object.keys(refusals)]
export const closeReasons = [...Object.keys(closes), 'bye', 'gone']

export const upgradeStatuses = all<Status>({ 400: true, 401: true, 403: true, 404: true, 426: true, 429: true, 503: true })
export const upgradeReasons = all<Reason>({
  ...{ address: true, draining: true, address_rate: true, origin: true, sec_fetch_site: true, cookie_without_origin: true, query: true },
  ...{ handshake: true, version: true, key: true, subprotocol: true, two_credentials: true, handshakes: true, no_credential: true },
  ...{ token: true, ticket: true, login_ended: true, ticket_of_another: true, ticket_used: true, quota: true, deadline: true, store: true },
  no_tls: true,
})

export const signInOutcomes = ['ok', 'signed_out', 'rate_limited', 'invalid', 'forbidden', 'unavailable', 'internal', other]

export const endings = all<EndedWhy>({
  ...{ signed_out: true, ended: true, password_changed: true, role_lowered: true, account_disabled: true, idle: true, absolute: true },
  key_retired: true,
})

export const requestClasses = all<RequestClass>({ api: true, page: true, asset: true, health: true })
/** `0`: the client went away before the answer was out. */
export const statuses = [
  ...['0', '200', '201', '204', '206', '303', '304', '400', '401', '403', '404', '405'],
  ...['409', '411', '413', '415', '416', '422', '429', '500', '503', other],
]

export const eventKinds = all<RoomEvent['kind']>({
  ...{ message: true, edited: true, removed: true, reacted: true, joined: true, left: true },
  ...{ role: true, renamed: true, topic: true, archived: true, pinned: true },
})
export const postOutcomes = ['fresh', 'repeated', 'refused']
export const recoveries = all<Recovery>({ live: true, more: true, gap: true, future: true, mismatch: true, refused: true })
export const queues = all<'parley' | 'sockets'>({ parley: true, sockets: true })
export const storeFaults = all<StoreFault>({ full: true, busy: true, io: true, corrupt: true, other: true })
export const storeThreads = ['writer', 'reader']
export const faultPlaces = ['frame', 'request']
export const notReady = ['draining', 'store', other]
export const busWays = ['sent', 'heard', 'unsent', 'refused', 'unknown']
export const fallbacks = ['sessions', 'limits']
export const connectionStates = ['used', 'idle']
export const loopDelays = ['p50', 'p99', 'max']
export const cpuModes = ['user', 'system']
export const heapParts = ['used', 'total', 'external']
