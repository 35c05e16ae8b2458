import * as v from 'valibot'
import type { Login } from '../../identity/logins.ts'
import { endSession, rememberDevice, renewSession } from '../cookie-session.ts'
import type { HttpDeps } from '../deps.ts'
import { newPerson } from '../people.ts'
import type { SignedIn, SigningIn } from '../signing-in.ts'
import type { Call, CookieCaller, Route } from './routes.ts'

const credentials = v.object({ name: v.pipe(v.string(), v.maxLength(256)), password: v.pipe(v.string(), v.maxLength(4096)) })
const change = v.object({ current: v.pipe(v.string(), v.maxLength(4096)), next: v.pipe(v.string(), v.maxLength(4096)) })
const setup = v.object({ code: v.pipe(v.string(), v.maxLength(64)), ...newPerson.entries })

type Deps = Pick<HttpDeps, 'signIn' | 'logins' | 'invites' | 'log'> & { signingIn: SigningIn }

/** Being signed in: in, out, who, and the own password. */
export function sessionRoutes({ signIn, logins, invites, log, signingIn }: Deps): Route[] {
  async function logout({ caller, req, res }: Call<CookieCaller>): Promise<object> {
    const ended = await logins.end({ ids: [caller.login.id] }, 'signed_out')
    await endSession(req, res)
    res.set('Clear-Site-Data', '"cache", "storage"')
    log.info(
      { event: 'session_terminated', request: res.locals.requestId, login: caller.login.id, why: 'signed_out', ...ended },
      'signed out',
    )
    return ended
  }

  async function changePassword({ caller, req, res, body }: Call<CookieCaller>): Promise<object> {
    const { current, next } = body(change)
    const { login, csrf } = caller
    const given = { name: login.account.name, password: current, address: req.ip ?? '', device: res.locals.deviceMark }
    const ended = await signIn.changePassword({ ...given, next, login: login.id })
    await renewSession(req, { login: login.id, csrf })
    rememberDevice(res, await signIn.markDevice({ id: login.account.id, before: res.locals.deviceMark }))
    log.info({ event: 'authn_password_change', request: res.locals.requestId, account: login.account.id, ...ended }, 'password changed')
    return ended
  }

  return [
    { method: 'GET', path: '/session', who: 'cookie', quiet: true, answer: ({ caller }) => shown(caller) },
    {
      method: 'POST',
      path: '/login',
      who: 'anyone',
      answer: async ({ req, res, body }) => shown(await signingIn.withPassword(req, res, body(credentials))),
    },
    { method: 'POST', path: '/logout', who: 'cookie', answer: logout },
    { method: 'POST', path: '/password', who: 'cookie', answer: changePassword },
    {
      method: 'POST',
      path: '/setup',
      who: 'anyone',
      async answer({ req, res, body }) {
        const { code, ...person } = body(setup)
        return shown(await signingIn.enter(req, res, await invites.acceptSetup(code, person)))
      },
    },
  ]
}

export const shown = ({ login, csrf }: SignedIn) => ({ account: login.account, login: loginShown(login), csrf })

const loginShown = ({ id, label, createdAt, expiresAt, idleMs, lastSeenAt }: Login) => ({
  id,
  label,
  createdAt,
  expiresAt,
  ...(idleMs > 0 && { idleAt: lastSeenAt + idleMs }),
})
