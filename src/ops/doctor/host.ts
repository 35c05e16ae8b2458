import { fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'
import { fixFor } from './proxies.ts'
import { problemCode } from './visit.ts'

/** That it is Parley which answers at the public address, and that it learns by which name it was called. */
export const hostCheck: Check = {
  ids: ['D-HOST'],
  at: 'door',
  async look({ visit, proxy, url }) {
    const answer = await visit.ask({ path: '/livez' })
    const fix = fixFor(proxy, 'host')
    if (problemCode(answer) === 'not_found')
      return [fault('D-HOST', `Parley does not know the name it is called by: the proxy passes on another Host than ${url.host}.`, fix)]
    if (answer.status !== 200 || !answer.body.includes('"ok":true')) {
      const who = proxy === 'none' || proxy === 'unknown' ? 'Something' : `The proxy (${proxy})`
      return [
        fault(
          'D-HOST',
          `${who} answers ${answer.status} at ${url.origin}, and not Parley.`,
          '# let the proxy pass everything on to server.host and server.port',
        ),
      ]
    }
    // To a name that is nobody's Parley answers 404; if it does not, it never saw that name.
    const foreign = await visit.ask({ path: '/livez', headers: { Host: 'elsewhere.invalid' } })
    if (foreign.status === 200)
      return [
        warning(
          'D-HOST',
          'The proxy replaces the Host header: a foreign name that is pointed here (DNS rebinding) is taken for ours.',
          fix,
        ),
      ]
    return [good('D-HOST', `Parley answers at ${url.origin}, and to no other name.`)]
  },
}
