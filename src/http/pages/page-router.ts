import { type Request, type RequestHandler, type Response, Router } from 'express'
import type { Logger } from 'pino'
import { Refusal } from '../../protocol/codes.ts'
import { formBody } from '../bodies.ts'
import type { Callers } from '../caller.ts'
import type { HttpDeps } from '../deps.ts'
import type { Joining } from '../joining.ts'
import { HttpFault, type Problem, toProblem } from '../problems.ts'
import { logRefusal } from '../refusal-log.ts'
import { checkSameSite } from '../same-site.ts'
import type { SigningIn } from '../signing-in.ts'
import type { Assets } from './assets.ts'

export interface PageDeps extends HttpDeps {
  callers: Callers
  signingIn: SigningIn
  joining: Joining
  assets: Assets
}

type Show = (req: Request, res: Response) => Promise<void> | void

/** Does what a form asked for. A refusal is logged, and the form shown again with it: what was typed is not lost. */
export async function orAgain(
  { log, req, res }: { log: Logger; req: Request; res: Response },
  work: () => Promise<void>,
  again: (problem: Problem) => Promise<void> | void,
): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    logRefusal(log, req, res, error)
    const problem = toProblem(error)
    if (problem.retryAfterMs !== undefined) res.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)))
    res.status(problem.status)
    await again(problem)
  }
}

/** Express routes for pages: GET shows one, POST takes its form, and nothing else is done there. */
export function pageRouter({ settings }: Pick<HttpDeps, 'settings'>) {
  const router = Router({ caseSensitive: true, strict: true })
  const form = formBody(settings)

  return {
    router,
    page(path: string, { get, post }: { get?: Show; post?: Show }): void {
      const at: RequestHandler = (_req, res, next) => {
        res.locals.route = path
        next()
      }
      const route = router.route(path).all(at)
      if (get) route.get(async (req, res) => get(req, res))
      if (post) {
        const sameSite: RequestHandler = (req, _res, next) => {
          checkSameSite(req, settings)
          next()
        }
        route.post(sameSite, form, async (req, res) => post(req, res))
      }
      const allow = [...(get ? ['GET', 'HEAD'] : []), ...(post ? ['POST'] : [])].join(', ')
      route.all(() => {
        throw new HttpFault('method_not_allowed', { allow })
      })
    },
  }
}
