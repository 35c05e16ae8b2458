import { cookieName } from '../../protocol/limits.ts'
import { type Finding, fault, good } from './finding.ts'
import type { Check } from './patient.ts'
import { fixFor } from './proxies.ts'
import { detailOf } from './ws-upgrade.ts'

/** What `__Host-Http-` promises (RFC 6265bis §4.1.3): a browser throws the cookie away when one of these is missing. */
const wanted = ['secure', 'httponly', 'path=/', 'samesite=lax']

/** That the login cookie arrives as Parley wrote it. */
export const cookieCheck: Check = {
  ids: ['D-COOKIE'],
  at: 'inside',
  async look({ session, proxy }): Promise<Finding[]> {
    if (session === undefined) return []
    const fix = fixFor(proxy, 'cookie')
    const { signedIn } = session
    if (signedIn.status !== 200) {
      const detail = detailOf(signedIn)
      const why = /from the page itself/.test(detail)
        ? 'the headers Origin and Sec-Fetch-Site do not arrive as the page sends them'
        : detail
      return [
        fault('D-COOKIE', `Nobody can sign in: ${why}.`.replace(/\.\.$/, '.'), fixFor(proxy, signedIn.status === 413 ? 'body' : 'origin')),
      ]
    }
    const cookie = (signedIn.headers['set-cookie'] ?? []).find((one) => one.startsWith(`${cookieName}=`))
    if (cookie === undefined) return [fault('D-COOKIE', `The login cookie ${cookieName} is lost or renamed on the way.`, fix)]
    const flags = cookie
      .toLowerCase()
      .split(';')
      .slice(1)
      .map((flag) => flag.trim())
    const lost = wanted.filter((flag) => !flags.includes(flag))
    const added = flags.filter((flag) => flag.startsWith('domain='))
    if (lost.length + added.length === 0) return [good('D-COOKIE', 'The login cookie arrives as it was sent.')]
    const changes = [...(lost.length > 0 ? [`without ${lost.join(', ')}`] : []), ...(added.length > 0 ? [`with ${added.join(', ')}`] : [])]
    return [
      fault('D-COOKIE', `The login cookie arrives ${changes.join(' and ')}: browsers throw it away, and nobody stays signed in.`, fix),
    ]
  },
}
