import { fault, good } from './finding.ts'
import type { Check } from './patient.ts'
import { fixFor } from './proxies.ts'
import { problemCode } from './visit.ts'

/** Bytes left to the limit. */
const spare = 1_024

/** That a body as long as Parley takes gets that far. */
export const bodyCheck: Check = {
  ids: ['D-BODY'],
  at: 'inside',
  async look({ visit, proxy, config: { limits }, url }) {
    const bytes = limits.httpBodyBytes - spare
    const body = JSON.stringify({ name: 'x'.repeat(Math.max(1, bytes - 64)), password: '-' })
    const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', Origin: url.origin }
    const answer = await visit.ask({ path: '/api/v1/login', method: 'POST', headers, body })
    // Refused by Parley for its content, it has come all the way.
    if (problemCode(answer) !== undefined && answer.status !== 413) return [good('D-BODY', `A body of ${bytes} bytes arrives.`)]
    return [
      fault(
        'D-BODY',
        `A body of ${bytes} bytes, which Parley would take, is answered with ${answer.status} on the way.`,
        fixFor(proxy, 'body'),
      ),
    ]
  },
}
