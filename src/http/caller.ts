import type { Request, Response } from 'express'
import type { Login } from '../identity/logins.ts'
import { Refusal } from '../protocol/codes.ts'
import type { HttpDeps } from './deps.ts'

/** Who is asking. A cookie and a bearer token are never mixed: with an Authorization header no cookie is read. */
export type Caller = { login: Login; via: 'cookie'; csrf: string } | { login: Login; via: 'bearer' }

type Deps = Pick<HttpDeps, 'logins' | 'tokens' | 'now'>

/** ms: how fresh the last activity of a login is kept. */
const touchEvery = 60_000

/** Both ways end at `logins.find`, the same decision as at the upgrade: the login holds and its account is enabled. */
export function createCallers({ logins, tokens, now }: Deps) {
  async function read(req: Request, res: Response): Promise<Caller | undefined> {
    const { authorization } = req.headers
    if (authorization !== undefined) return byBearer(authorization)
    if (res.locals.sessionFault !== undefined) throw res.locals.sessionFault
    const { login: id, csrf } = req.session
    if (id === undefined || csrf === undefined) return undefined
    const login = await logins.find(id)
    return login?.credential === 'cookie' ? { login, via: 'cookie', csrf } : undefined
  }

  async function byBearer(authorization: string): Promise<Caller | undefined> {
    const jwt = /^bearer ([\w.-]+)$/i.exec(authorization)?.[1]
    const claims = jwt === undefined ? undefined : await tokens.readToken(jwt)
    const login = claims && (await logins.find(claims.sid))
    return login !== undefined && login.account.id === claims?.sub ? { login, via: 'bearer' } : undefined
  }

  return {
    /** Asked once a request. @throws Refusal unavailable when it cannot be known: a failing store is no verdict on anybody. */
    find(req: Request, res: Response): Promise<Caller | undefined> {
      res.locals.caller ??= read(req, res).catch((cause) => {
        throw cause instanceof Refusal ? cause : new Refusal('unavailable', undefined, { cause })
      })
      return res.locals.caller
    },

    /** Somebody is there: the idle limit begins anew. */
    async active({ login }: Caller): Promise<void> {
      if (now() - login.lastSeenAt >= touchEvery) await logins.touch([login.id], now())
    },
  }
}

export type Callers = ReturnType<typeof createCallers>
