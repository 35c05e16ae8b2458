import type { Request, Response } from 'express'
import type { Logger } from 'pino'
import { TooManyAttempts } from '../identity/throttle.ts'
import { Refusal } from '../protocol/codes.ts'
import { toProblem } from './problems.ts'
import { ForeignRequest } from './same-site.ts'

/** Names of the OWASP logging vocabulary where it has one. */
const events: Record<string, string> = {
  signed_out: 'authn_login_fail',
  rate_limited: 'excess_rate_limit_exceeded',
  forbidden: 'authz_fail',
  not_member: 'authz_fail',
  missing_scope: 'authz_fail',
  invalid: 'input_validation_fail',
  bad_frame: 'input_validation_fail',
  too_large: 'input_validation_fail',
  unavailable: 'sys_unavailable',
  internal: 'sys_error',
}

/** Each refusal once: which, why, where from. The route as declared, never the address, which may hold the code of an invitation. */
export function logRefusal(log: Logger, req: Request, res: Response, error: unknown): void {
  const { code, status, detail } = toProblem(error)
  const about = {
    event: error instanceof ForeignRequest ? 'malicious_csrf' : (events[code] ?? 'request_refused'),
    request: res.locals.requestId,
    method: req.method,
    route: res.locals.route,
    status,
    code,
    ...(error instanceof TooManyAttempts && { limit: error.limit }),
    address: req.ip,
  }
  // Whoever asks for too much is no fault of ours, and a flood of them must not cost a stack for each.
  if (error instanceof Refusal && error.code === 'unavailable' && error.cause === undefined) log.warn(about, detail)
  else if (status >= 500) log.error({ ...about, err: error }, detail)
  else log.info(about, detail)
}
