import type { RequestHandler } from 'express'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { addressKey } from '../identity/address.ts'
import { Refusal } from '../protocol/codes.ts'
import type { HttpSettings } from './deps.ts'
import { allowsHost, cameInTheClear } from './hosts.ts'
import { HttpFault } from './problems.ts'

const windowSeconds = 10

/** What is refused before anybody looks at the path: a host that is not ours, a flood, a compressed body. */
export function door(settings: HttpSettings): RequestHandler[] {
  const requests = new RateLimiterMemory({ points: 1, duration: windowSeconds })
  return [
    (req, _res, next) => next(allowsHost(req.headers.host, settings) ? undefined : new HttpFault('not_found')),

    async (req, _res, next) => {
      requests.points = settings.requestsPerSecondPerAddress * windowSeconds
      try {
        await requests.consume(addressKey(req.ip ?? ''))
      } catch (over) {
        if (!(over instanceof RateLimiterRes)) throw over
        throw new Refusal('rate_limited', undefined, { retryAfterMs: over.msBeforeNext })
      }
      next()
    },

    // Node before 26.12.1 can be taken over through the Brotli decoder (CVE-2026-111497): nothing here ever decompresses.
    (req, _res, next) => next(req.headers['content-encoding'] === undefined ? undefined : new HttpFault('unsupported_media_type')),

    // With `tls.mode: off` people come over TLS all the same, to a proxy: their address is https and nothing else. A request that
    // reached the proxy in the clear has shown its password or cookie already; it gets none, and no answer that hides it.
    (req, _res, next) =>
      next(
        settings.behindProxy && cameInTheClear(req.headers) ? new Refusal('forbidden', `Come over TLS: ${settings.publicUrl}`) : undefined,
      ),

    // So what express-session asks before it sets a Secure cookie is always true here.
    (req, _res, next) => {
      Object.defineProperty(req, 'secure', { value: true })
      next()
    },
  ]
}
