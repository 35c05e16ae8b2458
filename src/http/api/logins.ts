import type { HttpDeps } from '../deps.ts'
import { HttpFault } from '../problems.ts'
import type { Call, CookieCaller, Route } from './routes.ts'

type Deps = Pick<HttpDeps, 'logins' | 'connectionsOf' | 'log'>

/** A person's own sign-ins: seeing them, and ending those that should not be. Nobody else's are ever looked at. */
export function loginRoutes({ logins, connectionsOf, log }: Deps): Route[] {
  async function list({ caller }: Call<CookieCaller>): Promise<object> {
    const mine = await logins.list(caller.login.account.id)
    const connections = await connectionsOf(mine.map(({ id }) => id))
    return mine.map(({ id, label, createdAt, lastSeenAt, expiresAt, address, credential }) => ({
      ...{ id, label, createdAt, lastSeenAt, expiresAt, address, credential },
      current: id === caller.login.id,
      connections: connections.get(id) ?? [],
    }))
  }

  async function endOne({ caller, res, param }: Call<CookieCaller>): Promise<object> {
    const id = param('id')
    const login = await logins.find(id)
    if (login?.account.id !== caller.login.account.id) throw new HttpFault('not_found', { words: 'There is no such sign-in of yours.' })
    const ended = await logins.end({ ids: [id] }, id === caller.login.id ? 'signed_out' : 'ended')
    log.info({ event: 'session_terminated', request: res.locals.requestId, login: id, why: 'ended', ...ended }, 'a sign-in was ended')
    return ended
  }

  async function endOthers({ caller, res }: Call<CookieCaller>): Promise<object> {
    const ended = await logins.end({ account: caller.login.account.id, except: caller.login.id }, 'ended')
    log.info(
      { event: 'session_terminated', request: res.locals.requestId, account: caller.login.account.id, why: 'ended', ...ended },
      'all other sign-ins were ended',
    )
    return ended
  }

  return [
    { method: 'GET', path: '/logins', who: 'cookie', quiet: true, answer: list },
    { method: 'DELETE', path: '/logins', who: 'cookie', answer: endOthers },
    { method: 'DELETE', path: '/logins/:id', who: 'cookie', answer: endOne },
  ]
}
