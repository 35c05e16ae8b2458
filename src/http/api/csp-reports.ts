import { type Router as ExpressRouter, json, Router } from 'express'
import type { Logger } from 'pino'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import * as v from 'valibot'

const short = v.optional(
  v.pipe(
    v.string(),
    v.transform((text) => text.split(/[?#]/, 1)[0]?.slice(0, 200) ?? ''),
  ),
)
/** What browsers send: the older form by `report-uri`, the newer by `report-to`. */
const older = v.object({ 'csp-report': v.object({ 'document-uri': short, 'blocked-uri': short, 'effective-directive': short }) })
const newer = v.pipe(
  v.array(
    v.object({ type: v.literal('csp-violation'), body: v.object({ documentURL: short, blockedURL: short, effectiveDirective: short }) }),
  ),
  v.minLength(1),
)

/** Only which kind of page it was: what follows may be the code of an invitation. */
const kindOf = (address: string | undefined): string | undefined => address && `/${URL.parse(address)?.pathname.split('/')[1] ?? ''}`

const bodyBytes = 16_384
const aMinute = 10

/** Browsers say here what the content security policy stopped. Anybody may write here, so little of it is kept: ten lines a minute. */
export function cspReports(log: Logger): ExpressRouter {
  const lines = new RateLimiterMemory({ points: aMinute, duration: 60 })
  const router = Router()
  router.post(
    '/',
    json({ inflate: false, limit: bodyBytes, type: ['application/csp-report', 'application/reports+json'] }),
    async (req, res) => {
      res.locals.route = req.baseUrl
      const report = read(req.body)
      const within = report && (await lines.consume('all').catch(() => undefined))
      if (within)
        log.warn({ event: 'csp_violation', request: res.locals.requestId, ...report }, 'a browser stopped what the page may not do')
      res.status(204).end()
    },
  )
  return router
}

function read(given: unknown): object | undefined {
  const old = v.safeParse(older, given)
  if (old.success) {
    const report = old.output['csp-report']
    return { page: kindOf(report['document-uri']), blocked: report['blocked-uri'], directive: report['effective-directive'] }
  }
  const recent = v.safeParse(newer, given)
  const body = recent.success ? recent.output[0]?.body : undefined
  return body && { page: kindOf(body.documentURL), blocked: body.blockedURL, directive: body.effectiveDirective }
}
