import { STATUS_CODES } from 'node:http'
import { isRefusalCode, Refusal, type RefusalCode, refusals } from '../protocol/codes.ts'

/** What only HTTP can get wrong, beside the refusals of the protocol. */
export const httpFaults = {
  not_found: { status: 404, words: 'There is nothing here.' },
  method_not_allowed: { status: 405, words: 'That cannot be done here.' },
  unsupported_media_type: { status: 415, words: 'Only application/json is taken here, and nothing compressed.' },
} as const satisfies Record<string, { status: number; words: string }>

export type HttpFaultCode = keyof typeof httpFaults

/** A no that only HTTP knows; thrown by routes, translated below. */
export class HttpFault extends Error {
  override name = 'HttpFault'
  readonly code: HttpFaultCode
  /** For `Allow`, with 405. */
  readonly allow: string | undefined

  constructor(code: HttpFaultCode, { words = httpFaults[code].words, allow }: { words?: string; allow?: string } = {}) {
    super(words)
    this.code = code
    this.allow = allow
  }
}

/** The body of an error, RFC 9457, with the code that programs decide by. */
export interface Problem {
  type: string
  title: string
  status: number
  code: RefusalCode | HttpFaultCode
  detail: string
  retryAfterMs?: number
}

/** The one translator from whatever was thrown to what a client is told. Of the unknown nothing is told but that it is our fault. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Refusal) {
    const problem = problemOf(error.code, error.message)
    const waits = refusals[error.code].status === 429 || refusals[error.code].status === 503
    return waits ? { ...problem, retryAfterMs: error.retryAfterMs ?? 2_000 } : problem
  }
  if (error instanceof HttpFault) return problemOf(error.code, error.message)
  const status = statusOf(error)
  if (status === 413) return problemOf('too_large')
  if (status === 415) return problemOf('unsupported_media_type')
  return problemOf(status >= 400 && status < 500 ? 'bad_frame' : 'internal')
}

function problemOf(code: RefusalCode | HttpFaultCode, detail?: string): Problem {
  const { status, words } = isRefusalCode(code) ? refusals[code] : httpFaults[code]
  return { type: `urn:parley:problem:${code}`, title: STATUS_CODES[status] ?? 'Error', status, code, detail: detail ?? words }
}

/** Parsers of express say what went wrong by a status on the error. */
function statusOf(error: unknown): number {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' ? error.status : 500
}
