import { once } from 'node:events'
import { codeOf, type Finding, fault, good } from './finding.ts'
import type { Check, Guest } from './patient.ts'
import { fixFor } from './proxies.ts'
import { type Answer, isOpen, patience, problemCode } from './visit.ts'

/** A socket as a program opens it, with its own token, all the way to the first frame. */
export const upgradeCheck: Check = {
  ids: ['D-WS-UPGRADE'],
  at: 'inside',
  async look(guest) {
    const { visit, session } = guest
    if (session === undefined) return [await knock(guest)]
    const outcome = await visit.upgrade({ headers: { Authorization: `Bearer ${session.token}` } })
    if (!isOpen(outcome)) return [refused(guest, outcome)]
    try {
      const [first] = (await once(outcome, 'message', { signal: AbortSignal.timeout(patience) })) as [unknown]
      const { type } = JSON.parse(String(first)) as { type?: unknown }
      if (type !== 'welcome') return [fault('D-WS-UPGRADE', `The socket opened, but the first frame is "${String(type)}".`)]
      return [good('D-WS-UPGRADE', 'A socket opens through the public address, and is welcomed.')]
    } catch (error) {
      return [fault('D-WS-UPGRADE', `The socket opened, but no welcome came (${codeOf(error)}).`, fixFor(guest.proxy, 'timeout'))]
    } finally {
      outcome.terminate()
    }
  },
}

/** Without anybody who could sign in, a refusal by the right one shows that the way is free. */
async function knock(guest: Guest): Promise<Finding> {
  const outcome = await guest.visit.upgrade({ headers: { Authorization: 'Bearer nobody' } })
  if (isOpen(outcome)) {
    outcome.terminate()
    return fault('D-WS-UPGRADE', 'A socket opens with a token that is none: this is not Parley.')
  }
  if (problemCode(outcome) === 'signed_out')
    return good('D-WS-UPGRADE', 'The way to the socket is free; it is tried with a login once there is an account.')
  return refused(guest, outcome)
}

function refused({ proxy, url }: Guest, answer: Answer): Finding {
  const code = problemCode(answer)
  const fix = fixFor(proxy, 'upgrade')
  // Without its Upgrade header it is an ordinary request, to a page that does not exist.
  if (code === 'not_found' || answer.status === 426 || (answer.status === 400 && /Open a WebSocket/.test(answer.body)))
    return fault('D-WS-UPGRADE', 'What reaches Parley is no upgrade: the headers Upgrade and Connection are lost on the way.', fix)
  if (code === undefined)
    return fault('D-WS-UPGRADE', `Whoever is in front of Parley answers /ws at ${url.origin} with ${answer.status}.`, fix)
  return fault('D-WS-UPGRADE', `Parley refuses the socket: ${detailOf(answer)}`, code === 'forbidden' ? fixFor(proxy, 'origin') : fix)
}

export function detailOf({ body, status }: Answer): string {
  try {
    return String((JSON.parse(body) as { detail?: unknown }).detail ?? status)
  } catch {
    return String(status)
  }
}
