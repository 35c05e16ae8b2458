import { timingSafeEqual } from 'node:crypto'
import type { Request } from 'express'
import { Refusal } from '../protocol/codes.ts'
import { csrfHeader } from '../protocol/limits.ts'
import type { HttpSettings } from './deps.ts'
import { isOwnOrigin } from './hosts.ts'

/** The event under which the log has it. */
export class ForeignRequest extends Refusal {
  override name = 'ForeignRequest'
}

/**
 * A change may come only from our own page. `Sec-Fetch-Site` says so and no page can forge it; browsers that do not send it send Origin.
 * With neither it is no browser, which has no cookie to be abused but no business here either. An Origin that is not ours is never good.
 * @throws ForeignRequest
 */
export function checkSameSite(req: Request, settings: HttpSettings): void {
  const site = req.headers['sec-fetch-site']
  const { origin } = req.headers
  const ours = origin !== undefined && isOwnOrigin(origin, settings)
  const good = site === undefined ? ours : site === 'same-origin' && (origin === undefined || ours)
  if (!good) throw new ForeignRequest('forbidden', `This can only be done from the page itself, at ${settings.publicUrl}.`)
}

/** Another page makes the browser ask: allowed where nothing changes, and no sign that the person is there. */
export const isFromElsewhere = ({ headers }: Request): boolean => /^(?:same-site|cross-site)$/.test(String(headers['sec-fetch-site']))

/** @throws ForeignRequest unless the request brings the token that only our page can read. */
export function checkCsrf(req: Request, expected: string, given: unknown = req.headers[csrfHeader]): void {
  if (typeof given !== 'string' || !equal(given, expected)) throw new ForeignRequest('forbidden', 'The page is out of date. Load it again.')
}

function equal(given: string, expected: string): boolean {
  const a = Buffer.from(given)
  const b = Buffer.from(expected)
  return a.length === b.length && timingSafeEqual(a, b)
}
