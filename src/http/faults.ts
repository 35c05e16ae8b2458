import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import type { Logger } from 'pino'
import { type Frame, frame } from './pages/frame.ts'
import { html } from './pages/html.ts'
import { HttpFault, toProblem } from './problems.ts'
import { logRefusal } from './refusal-log.ts'

export const nothingHere: RequestHandler = () => {
  throw new HttpFault('not_found')
}

/** The end of every request that was refused: said to the client in its language, and to the log once. */
export function answerFault({ log, ...shown }: Frame & { log: Logger }): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    logRefusal(log, req, res, error)
    if (res.headersSent) return next(error) // express then cuts the connection: half an answer must not look whole
    const problem = toProblem(error)
    res.status(problem.status)
    if (problem.retryAfterMs !== undefined) res.set('Retry-After', String(Math.ceil(problem.retryAfterMs / 1000)))
    if (problem.status === 401) res.set('WWW-Authenticate', 'Bearer realm="parley"')
    if (error instanceof HttpFault && error.allow !== undefined) res.set('Allow', error.allow)
    if (wantsPage(req, res)) res.type('html').send(page(shown, problem.detail, problem.status))
    else res.type('application/problem+json').send(JSON.stringify(problem))
  }
}

function wantsPage(req: Request, res: Response): boolean {
  res.vary('Accept')
  return !req.path.startsWith('/api/') && req.accepts(['application/problem+json', 'application/json', 'html']) === 'html'
}

const page = (shown: Frame, words: string, status: number): string =>
  frame(shown, {
    title: status === 404 ? 'Not found' : 'That did not work',
    body: html`<p>${words}</p><p><a class="button plain" href="/">To the start</a></p>`,
  })
