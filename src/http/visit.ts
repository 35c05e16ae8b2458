import { randomBytes } from 'node:crypto'
import type { RequestHandler } from 'express'
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

/** Gives each request a random name; one that the client chose would let it write in our log. */
export const visit: RequestHandler = (_req, res, next) => {
  res.locals.requestId = randomBytes(9).toString('base64url')
  res.set('X-Request-Id', res.locals.requestId)
  next()
}
