import type { RequestHandler } from 'express'
import type { RefusalCode } from '../protocol/codes.ts'
import type { HttpFaultCode } from './problems.ts'

/** What a request was for, roughly: never the path, which anybody can make up. */
export type RequestClass = 'api' | 'page' | 'asset' | 'health'

/** Is told about each request when it is over, and about each attempt to sign in. */
export interface HttpMeter {
  /** @param status 0 when the client went away before its answer was out. */
  requested(of: RequestClass, status: number, ms: number): void
  signedIn(outcome: 'ok' | RefusalCode | HttpFaultCode): void
}

export const noMeter: HttpMeter = { requested: () => undefined, signedIn: () => undefined }

const classOf = (path: string): RequestClass => {
  if (path.startsWith('/api/') || path.startsWith('/.well-known/')) return 'api'
  if (path.startsWith('/assets/')) return 'asset'
  return path === '/livez' || path === '/readyz' ? 'health' : 'page'
}

/** The first of all handlers, so that what is refused at the door counts as well. */
export const metering =
  (meter: HttpMeter): RequestHandler =>
  (req, res, next) => {
    const since = performance.now()
    const of = classOf(req.path)
    res.once('close', () => meter.requested(of, res.writableFinished ? res.statusCode : 0, performance.now() - since))
    next()
  }
