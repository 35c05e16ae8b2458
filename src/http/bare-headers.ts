import { isLoopbackHost } from './hosts.ts'
import { permissionsPolicy } from './security-headers.ts'

const always = {
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Origin-Agent-Cluster': '?1',
  'Permissions-Policy': permissionsPolicy,
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-DNS-Prefetch-Control': 'off',
  'X-Download-Options': 'noopen',
  'X-Frame-Options': 'DENY',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'X-XSS-Protection': '0',
  'Cache-Control': 'no-store',
}
const transport = { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' }

/**
 * What every answer carries, for those that express never sees: to a refused upgrade, to what is no HTTP. They show nothing, so that
 * nothing at all is allowed them.
 * @param host as the request has it; '' where there is none.
 */
export const bareHeaders = (host: string): Record<string, string> =>
  host === '' || isLoopbackHost(host) ? always : { ...always, ...transport }
