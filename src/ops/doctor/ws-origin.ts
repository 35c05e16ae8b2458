import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Guest } from './patient.ts'
import { fixFor } from './proxies.ts'
import type { Session } from './session.ts'
import { type Answer, isOpen } from './visit.ts'
import { detailOf } from './ws-upgrade.ts'

/** A name that nobody can have (RFC 2606). */
const foreign = 'https://elsewhere.invalid'

/** A socket as the page opens it, with cookie and ticket: ours gets in, a foreign page does not. */
export const originCheck: Check = {
  ids: ['D-WS-ORIGIN-OWN', 'D-WS-ORIGIN-FOREIGN'],
  at: 'inside',
  async look(guest) {
    const { session } = guest
    if (session === undefined || session.cookie === '' || session.csrf === '') return []
    return [await own(guest, session), await another(guest, session)]
  },
}

async function open({ visit }: Guest, { cookie, ticket }: Session, origin: string): Promise<Answer | undefined> {
  const outcome = await visit.upgrade({ headers: { Cookie: cookie, Origin: origin }, ticket: await ticket() })
  if (!isOpen(outcome)) return outcome
  outcome.terminate()
  return undefined
}

async function own(guest: Guest, session: Session): Promise<Finding> {
  const { url, proxy } = guest
  const refusal = await open(guest, session, url.origin)
  if (refusal === undefined) return good('D-WS-ORIGIN-OWN', 'The page at the public address can open its socket.')
  const detail = detailOf(refusal)
  const fix = fixFor(proxy, 'origin')
  if (/without an Origin/.test(detail))
    return fault('D-WS-ORIGIN-OWN', 'The page cannot open its socket: the Origin header is lost on the way.', fix)
  if (/This Origin/.test(detail)) {
    const { origins, publicUrl } = guest.config.server
    const listed = origins ?? [publicUrl ?? url.origin]
    return listed.includes(url.origin)
      ? fault('D-WS-ORIGIN-OWN', 'The page cannot open its socket: another Origin arrives than the one that was sent.', fix)
      : fault(
          'D-WS-ORIGIN-OWN',
          `The page cannot open its socket: server.origins does not hold ${url.origin}.`,
          `server:\n  publicUrl: ${url.origin}`,
        )
  }
  return fault('D-WS-ORIGIN-OWN', `The page cannot open its socket: ${detail}`, fixFor(proxy, 'upgrade'))
}

async function another(guest: Guest, session: Session): Promise<Finding> {
  const refusal = await open(guest, session, foreign)
  const fix = fixFor(guest.proxy, 'origin')
  if (refusal === undefined)
    return fault('D-WS-ORIGIN-FOREIGN', 'A foreign page gets in: its Origin is replaced by ours on the way, so Parley cannot tell.', fix)
  if (refusal.status === 403) return good('D-WS-ORIGIN-FOREIGN', 'A foreign page is refused.')
  return warning('D-WS-ORIGIN-FOREIGN', `A foreign page is refused, but not for its Origin (${refusal.status}).`, fix)
}
