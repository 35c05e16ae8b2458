import type { Request, RequestHandler, Response } from 'express'
import session from 'express-session'
import type { Logger } from 'pino'
import { readCookie, readSessionId } from '../identity/cookie.ts'
import { Refusal } from '../protocol/codes.ts'
import { cookieName } from '../protocol/limits.ts'
import type { HttpDeps } from './deps.ts'

/** Says that an account signed in on this device before; see identity/devices.ts. */
export const deviceCookie = '__Host-Http-parley-device'
const deviceLife = 180 * 86_400_000

const attributes = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' } as const

type Deps = Pick<HttpDeps, 'webSessions' | 'cookieSecrets' | 'settings' | 'log'>

/**
 * Reads the login cookie through express-session. When its store fails the request goes on, marked: pages for everyone still work,
 * and whatever needs to know who is asking says 503, never "nobody".
 */
export function cookieSession({ webSessions, cookieSecrets, settings, log }: Deps): RequestHandler {
  const read = session({
    name: cookieName,
    secret: cookieSecrets,
    store: webSessions.store,
    resave: false,
    saveUninitialized: false,
    cookie: () => ({ ...attributes, maxAge: settings.absoluteMs }),
  })
  return (req, res, next) => {
    const device = readCookie(req.headers.cookie, deviceCookie)
    if (device !== undefined) res.locals.deviceMark = device
    // express-session takes the first of several; ours takes none, and what it did not take is not shown to the other.
    if (req.headers.authorization !== undefined || readSessionId(req.headers.cookie, cookieSecrets) === undefined) delete req.headers.cookie
    let passed = false
    read(req, res, (fault?: unknown) => {
      if (passed) return sayLate(fault, res, log)
      passed = true
      if (fault !== undefined) res.locals.sessionFault = fault
      else if (req.session === undefined) res.locals.sessionFault = new Error('The session store is not connected.')
      next()
    })
  }
}

/** express-session reports what failed after the answer through `next`, where nobody can answer any more. */
function sayLate(fault: unknown, res: Response, log: Logger): void {
  if (fault !== undefined)
    log.error({ event: 'session_store_failed', request: res.locals.requestId, err: fault }, 'the session could not be written')
}

/** A new cookie value for whoever is signed in now; the one before is dead (ASVS 7.2.4). */
export async function renewSession(req: Request, content: { login: string; csrf: string }): Promise<void> {
  await settled((done) => req.session.regenerate(done))
  Object.assign(req.session, content)
  await settled((done) => req.session.save(done))
}

/** Takes the cookie away here and in the browser. */
export async function endSession(req: Request, res: Response): Promise<void> {
  await settled((done) => req.session.destroy(done))
  res.clearCookie(cookieName, attributes)
}

export function rememberDevice(res: Response, mark: string): void {
  res.cookie(deviceCookie, mark, { ...attributes, maxAge: deviceLife })
}

const settled = (work: (done: (error?: unknown) => void) => unknown): Promise<void> =>
  new Promise((resolve, reject) => {
    work((cause) => (cause ? reject(new Refusal('unavailable', undefined, { cause })) : resolve()))
  })
