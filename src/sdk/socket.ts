import { subprotocol, ticketPrefix } from '../protocol/limits.ts'

/** The part of a WebSocket that the SDK uses: the browser's, Node's and `ws` all have it. */
export interface WebSocketLike {
  /** `never`: each of them hands over an event class of its own; what is read of it is the same. */
  onmessage: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** `bearer`: a session token or personal access token, for programs. `ticket`: one use, beside the login cookie, for the page. */
export type Credential = { bearer: string } | { ticket: string }

export type OpenSocket = (url: string, protocols: string[], headers: Record<string, string>) => WebSocketLike

/**
 * The global WebSocket. Browsers take only a list of subprotocols; Node also takes headers, in an object.
 * A credential never goes into the URL: URLs end in logs.
 */
export const globalSocket: OpenSocket = (url, protocols, headers) => {
  const second = Object.keys(headers).length === 0 ? protocols : { protocols, headers }
  return Reflect.construct(WebSocket, [url, second]) as WebSocketLike
}

export const protocolsFor = (credential: Credential): string[] =>
  'ticket' in credential ? [subprotocol, ticketPrefix + credential.ticket] : [subprotocol]

export const headersFor = (credential: Credential): Record<string, string> =>
  'bearer' in credential ? { authorization: `Bearer ${credential.bearer}` } : {}
