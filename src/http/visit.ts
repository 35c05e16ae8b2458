import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import type { Audit } from '../identity/audit.ts'
import type { Caller } from './caller.ts'

declare global {
  namespace Express {
    /** What is known of one request. */
    interface Locals {
      /** Names this request in the log and to the client. */
      requestId: string
      /** The route as it was declared: what the log shows, since a path may hold the code of an invitation. */
      route?: string
      /** The device cookie as it came. */
      deviceMark?: string
      /** The session store failed: who is asking is not known, which is not the same as nobody. */
      sessionFault?: unknown
      caller?: Promise<Caller | undefined>
    }
  }
}

/**
 * Gives each request a random name (one that the client chose would let it write in our log), and the address it comes from, which
 * stays known when the connection is gone.
 */
export const visit =
  (addressOf: (request: IncomingMessage) => string, audit: Pick<Audit, 'as'>): RequestHandler =>
  (req, res, next) => {
    res.locals.requestId = randomBytes(9).toString('base64url')
    res.set('X-Request-Id', res.locals.requestId)
    const address = addressOf(req)
    Object.defineProperty(req, 'ip', { value: address })
    audit.as({ request: res.locals.requestId, address }, next)
  }
