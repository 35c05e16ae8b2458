import type { Request, Response } from 'express'
import { randomId } from '../identity/ids.ts'
import type { Login } from '../identity/logins.ts'
import { Refusal } from '../protocol/codes.ts'
import type { Account } from '../protocol/events.ts'
import { browserLabel } from './browser-label.ts'
import { rememberDevice, renewSession } from './cookie-session.ts'
import type { HttpDeps } from './deps.ts'
import { noMeter } from './metering.ts'
import { toProblem } from './problems.ts'

export interface SignedIn {
  login: Login
  csrf: string
}

type Deps = Pick<HttpDeps, 'signIn' | 'logins' | 'meter' | 'log'>

/** From a name and a password, or from an account that was just made, to a browser that is signed in. */
export function createSigningIn({ signIn, logins, meter = noMeter, log }: Deps) {
  /** A browser has one login: the one that it had before ends. */
  async function begin(req: Request, res: Response, account: Account, proof?: string): Promise<SignedIn> {
    if (res.locals.sessionFault !== undefined) throw new Refusal('unavailable', undefined, { cause: res.locals.sessionFault })
    const before = req.session.login
    const login = await logins.begin({
      account: account.id,
      credential: 'cookie',
      label: browserLabel(req.headers['user-agent']),
      address: req.ip ?? '',
      ...(proof !== undefined && { proof }),
    })
    const csrf = randomId()
    await renewSession(req, { login: login.id, csrf }).catch(async (error) => {
      await logins.end({ ids: [login.id] }, 'ended') // nobody holds a cookie that leads to it
      throw error
    })
    if (before !== undefined) await logins.end({ ids: [before] }, 'signed_out')
    rememberDevice(res, await signIn.markDevice({ id: account.id, proof, before: res.locals.deviceMark }))
    log.info(
      { event: 'authn_login_success', request: res.locals.requestId, account: account.id, login: login.id, address: req.ip },
      'signed in',
    )
    return { login, csrf }
  }

  async function counted(work: () => Promise<SignedIn>): Promise<SignedIn> {
    try {
      const done = await work()
      meter.signedIn('ok')
      return done
    } catch (error) {
      meter.signedIn(toProblem(error).code)
      throw error
    }
  }

  return {
    /** For an account that was just made, or proved in another way. */
    enter: (req: Request, res: Response, account: Account): Promise<SignedIn> => counted(() => begin(req, res, account)),
    /** @throws Refusal as `signIn.signIn` does */
    withPassword: (req: Request, res: Response, given: { name: string; password: string }): Promise<SignedIn> =>
      counted(async () => {
        const { account, proof } = await signIn.signIn({ ...given, address: req.ip ?? '', device: res.locals.deviceMark })
        return begin(req, res, account, proof)
      }),
  }
}

export type SigningIn = ReturnType<typeof createSigningIn>
