import { type Finding, fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'
import { fixFor } from './proxies.ts'
import { claimed, strange } from './session.ts'

/** Whose address Parley sees: limits and the list of sign-ins go by it. */
export const proxyTrustCheck: Check = {
  ids: ['D-PROXY-TRUST'],
  at: 'inside',
  async look({ visit, session, proxy, config: { server } }): Promise<Finding[]> {
    if (session === undefined || session.cookie === '') return []
    const { body } = await visit.ask({ path: '/api/v1/logins', headers: { Cookie: session.cookie } })
    const seen = addressIn(body)
    if (seen === undefined) return []
    const fix = fixFor(proxy, 'forwarded')
    if (seen === claimed)
      return proxy === 'none'
        ? [
            fault(
              'D-PROXY-TRUST',
              'Anybody can claim any address: server.trustProxy trusts a proxy that is not there.',
              'server:\n  trustProxy: 0',
            ),
          ]
        : [fault('D-PROXY-TRUST', 'Anybody can claim any address: the X-Forwarded-For that a client sends is believed.', fix)]
    if (seen === strange) return [good('D-PROXY-TRUST', 'Parley sees the address of the client, and none that it only claims.')]
    if (proxy === 'none') return [good('D-PROXY-TRUST', 'An address that a client claims is not believed.')]
    return [
      warning(
        'D-PROXY-TRUST',
        `Everybody comes from ${seen}: limits for one address hold for all together (server.trustProxy is ${JSON.stringify(server.trustProxy)}).`,
        fix,
      ),
    ]
  },
}

function addressIn(body: string): string | undefined {
  try {
    const logins = JSON.parse(body) as { current?: boolean; address?: string }[]
    return logins.find(({ current }) => current)?.address
  } catch {
    return undefined
  }
}
