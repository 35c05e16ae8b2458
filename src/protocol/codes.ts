/** Why the server says no. A client decides by code and `retry`, never by reading the words. */
export const refusals = {
  bad_frame: { retry: false, status: 400, words: 'That request was not understood.' },
  invalid: { retry: false, status: 422, words: 'A field of that request is not valid.' },
  too_large: { retry: false, status: 413, words: 'That is longer than this server takes.' },
  rate_limited: { retry: true, status: 429, words: 'Too fast. Wait a moment and try again.' },
  too_many_pending: { retry: true, status: 429, words: 'Too many requests wait for an answer. Try again.' },
  signed_out: { retry: false, status: 401, words: 'Please sign in again.' },
  not_member: { retry: false, status: 403, words: 'You are not in this room.' },
  forbidden: { retry: false, status: 403, words: 'You may not do that.' },
  no_such_room: { retry: false, status: 404, words: 'There is no such room.' },
  no_such_message: { retry: false, status: 404, words: 'There is no such message.' },
  room_full: { retry: false, status: 409, words: 'That is full.' },
  name_taken: { retry: false, status: 409, words: 'That name is taken.' },
  missing_scope: { retry: false, status: 403, words: 'This token may not do that.' },
  conflict: { retry: false, status: 409, words: 'That key was used for something else.' },
  unavailable: { retry: true, status: 503, words: 'The server cannot do that right now. Nothing was lost; try again.' },
  internal: { retry: true, status: 500, words: 'Something broke on our side. Try again.' },
} as const satisfies Record<string, { retry: boolean; status: number; words: string }>

export type RefusalCode = keyof typeof refusals

export const isRefusalCode = (code: string): code is RefusalCode => Object.hasOwn(refusals, code)

/**
 * A coded no. Every room of the house throws this one; `gateway` and `http` each translate it once.
 * @property retryAfterMs when to try again, if the server knows.
 */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly code: RefusalCode
  readonly retryAfterMs: number | undefined

  constructor(code: RefusalCode, message: string = refusals[code].words, options: { retryAfterMs?: number; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryAfterMs = options.retryAfterMs
  }
}

/** What a client does after a close: the range is the verdict. */
export type Verdict = 'reconnect' | 'back-off' | 'new-credentials' | 'stop'

/** WebSocket close codes (RFC 6455 §7.4.2 leaves 4000–4999 to applications). */
export const closes = {
  desync: { code: 4000, words: 'Out of step; reconnecting.' },
  rateLimited: { code: 4100, words: 'Too many frames for too long.' },
  slowReader: { code: 4101, words: 'This connection read too slowly.' },
  tokenExpired: { code: 4200, words: 'The token of this connection has expired.' },
  idle: { code: 4201, words: 'Signed out after a long time without activity.' },
  loginTooOld: { code: 4202, words: 'This login has reached its full age.' },
  signedOut: { code: 4300, words: 'You signed out.' },
  ended: { code: 4301, words: 'This login was ended.' },
  accountDisabled: { code: 4302, words: 'This account is disabled.' },
  subjectMismatch: { code: 4304, words: 'The new token belongs to another account or login.' },
  protocolViolation: { code: 4305, words: 'Too many frames that could not be understood.' },
  versionRetired: { code: 4306, words: 'This version of the protocol is no longer spoken.' },
  restart: { code: 1012, words: 'The server restarts.' },
  overload: { code: 1013, words: 'The server has too much to do.' },
  unsupported: { code: 1003, words: 'Only text frames are spoken here.' },
} as const satisfies Record<string, { code: number; words: string }>

export type CloseReason = keyof typeof closes

export function verdictOf(code: number): Verdict {
  if (code >= 4000 && code < 4100) return 'reconnect'
  if (code >= 4200 && code < 4300) return 'new-credentials'
  if (code >= 4300 && code < 4400) return 'stop'
  return 'back-off'
}
