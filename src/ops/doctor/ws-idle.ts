import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { codeOf, type Finding, fault, good } from './finding.ts'
import type { Check, Guest } from './patient.ts'
import { fixFor } from './proxies.ts'
import { isOpen, patience } from './visit.ts'

/** A ping goes there and back; with `--idle` a socket that says nothing is still open after that many seconds. */
export const idleCheck: Check = {
  ids: ['D-WS-IDLE'],
  at: 'inside',
  async look(guest) {
    if (guest.session === undefined) return []
    const outcome = await guest.visit.upgrade({ headers: { Authorization: `Bearer ${guest.session.token}` } })
    if (!isOpen(outcome)) return [] // D-WS-UPGRADE has said why
    const { monotonic } = guest.instruments
    const began = monotonic()
    try {
      outcome.ping()
      await once(outcome, 'pong', { signal: AbortSignal.timeout(patience) })
      const ms = Math.ceil(monotonic() - began)
      if (guest.idle === 0) return [good('D-WS-IDLE', `A ping came back after ${ms} ms; --idle 75 shows whether silence is borne.`)]
      return [await silence(guest, outcome, began)]
    } catch (error) {
      return [fault('D-WS-IDLE', `A ping is not answered (${codeOf(error)}).`, fixFor(guest.proxy, 'upgrade'))]
    } finally {
      outcome.terminate()
    }
  },
}

async function silence(
  { idle, proxy, instruments }: Guest,
  ws: { once: (event: 'close', then: () => void) => unknown },
  began: number,
): Promise<Finding> {
  const over = new AbortController()
  const closed = new Promise<true>((resolve) => ws.once('close', () => resolve(true)))
  const wasClosed = await Promise.race([closed, pause(idle * 1000, false, { signal: over.signal })])
  over.abort()
  const seconds = ((instruments.monotonic() - began) / 1000).toFixed(1)
  return wasClosed
    ? fault(
        'D-WS-IDLE',
        `A socket that was silent was cut after ${seconds} s, before Parley’s next sign of life (25 s).`,
        fixFor(proxy, 'timeout'),
      )
    : good('D-WS-IDLE', `A silent socket was still open after ${idle} s.`)
}
