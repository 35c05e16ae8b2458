import { isLoopback } from '../../config.ts'
import { fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'
import { fixFor } from './proxies.ts'

/** That what protects the page in the browser comes through, and nothing weakens it. */
export const headersCheck: Check = {
  ids: ['D-HEADERS'],
  at: 'inside',
  async look({ visit, proxy, url }) {
    const { headers, status } = await visit.ask({ path: '/login' })
    const fix = fixFor(proxy, 'headers')
    const policy = headers['content-security-policy']?.toString()
    if (policy === undefined) return [fault('D-HEADERS', `The page comes without Content-Security-Policy (status ${status}).`, fix)]
    const lost = [
      ...(/script-src 'self'(?:;|$)/.test(policy) && !/, /.test(policy) ? [] : ['Content-Security-Policy as Parley wrote it']),
      ...(headers['x-content-type-options'] === 'nosniff' ? [] : ['X-Content-Type-Options: nosniff']),
      // On a developer's own machine it would bind every other server there to TLS.
      ...(isLoopback(url.hostname) || /max-age=\d{7}/.test(headers['strict-transport-security'] ?? '')
        ? []
        : ['Strict-Transport-Security of a year']),
    ]
    if (lost.length > 0) return [warning('D-HEADERS', `The page comes without ${lost.join(', ')}.`, fix)]
    return [good('D-HEADERS', 'The headers that protect the page come through.')]
  },
}
