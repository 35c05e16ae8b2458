import { type Request, type Response, Router } from 'express'
import type * as v from 'valibot'
import { Refusal } from '../../protocol/codes.ts'
import { check, jsonBody } from '../bodies.ts'
import type { Caller, Callers } from '../caller.ts'
import type { HttpDeps } from '../deps.ts'
import { HttpFault } from '../problems.ts'
import { checkCsrf, checkSameSite, isFromElsewhere } from '../same-site.ts'
import type { Call, CookieCaller, Route } from './routes.ts'

type Deps = Pick<HttpDeps, 'settings' | 'audit'> & { callers: Callers }

/** The routes of the API as an express router; a method that a path does not have is 405. */
export function serve(routes: Route[], { settings, callers, audit }: Deps): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const readBody = jsonBody(settings)

  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const methods = ofPath.map(({ method }) => method as string)
    const allow = [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ')
    router.all(path, async (req, res) => {
      res.locals.route = `/api/v1${path}`
      const route = ofPath.find(({ method }) => method === (req.method === 'HEAD' ? 'GET' : req.method))
      if (route === undefined) throw new HttpFault('method_not_allowed', { allow })
      const caller = await admit(route, req, res)
      if (caller !== undefined && !route.quiet && !isFromElsewhere(req)) await callers.active(caller)
      await reading(req, res)
      const who = caller?.login.account.id
      send(res, await audit.as({ who }, () => answer(route, callOf(caller, req, res))))
    })
  }

  /** Everything that must be true before a route runs: who, and for changes that they come from our own page. */
  async function admit(route: Route, req: Request, res: Response): Promise<Caller | undefined> {
    const changes = route.method !== 'GET'
    if (route.who === 'anyone') {
      if (changes) checkSameSite(req, settings)
      return undefined
    }
    const caller = await callers.find(req, res)
    if (caller === undefined) throw new Refusal('signed_out')
    if (route.who === 'cookie' && caller.via !== 'cookie') throw new Refusal('missing_scope', 'This is for the page, not for a token.')
    if (changes && caller.via === 'cookie') {
      checkSameSite(req, settings)
      checkCsrf(req, caller.csrf)
    }
    return caller
  }

  const reading = (req: Request, res: Response) =>
    new Promise<void>((resolve, reject) => readBody(req, res, (fault?: unknown) => (fault === undefined ? resolve() : reject(fault))))

  return router
}

/** `who` was checked in `admit`; the compiler cannot follow it from there, so it is said once, here. */
const answer = (route: Route, call: Call): ReturnType<Route['answer']> =>
  route.who === 'anyone'
    ? route.answer(call as Call<undefined>)
    : route.who === 'cookie'
      ? route.answer(call as Call<CookieCaller>)
      : route.answer(call as Call<Caller>)

const callOf = (caller: Caller | undefined, req: Request, res: Response): Call => ({
  caller,
  req,
  res,
  body: <T>(shape: v.GenericSchema<unknown, T>) => check(shape, req.body),
  query: <T>(shape: v.GenericSchema<unknown, T>) => check(shape, req.query),
  param: (name) => {
    const value = req.params[name]
    return typeof value === 'string' ? value : ''
  },
})

function send(res: Response, body: object | undefined): void {
  if (body === undefined) res.status(204).end()
  else res.json(body)
}
