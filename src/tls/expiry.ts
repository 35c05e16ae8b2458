import type { Logger } from 'pino'
import { daysLeft, type PairFacts } from './facts.ts'

/** Days before the end at which it is said. */
const marks = [1, 7, 14, 30]
const dayMs = 86_400_000

/**
 * Says that the certificate ends, once at each mark and once when it has. A mark beyond the last third of its life is left
 * out: a certificate of six days is not about to end on its first.
 */
export function createExpiryNotice(log: Pick<Logger, 'warn' | 'error'>) {
  let said = ''
  return (facts: PairFacts, now: number): void => {
    const { notAfter, notBefore, fingerprint256: fingerprint } = facts
    const days = daysLeft(facts, now)
    const mark = days < 0 ? 0 : marks.find((one) => days < one && one * 3 * dayMs <= notAfter - notBefore)
    if (mark === undefined || said === `${fingerprint} ${mark}`) return
    said = `${fingerprint} ${mark}`
    const fields = {
      event: mark === 0 ? 'tls_pair_expired' : 'tls_pair_expires',
      until: new Date(notAfter).toISOString(),
      days,
      fingerprint,
    }
    const how = facts.isDevelopment ? 'a restart makes a new one' : 'put a new pair into the folder'
    if (mark === 0) log.error(fields, `The certificate has expired, clients refuse it: ${how}`)
    else log.warn(fields, `The certificate expires in ${days === 0 ? 'less than a day' : `${days} days`}: ${how}`)
  }
}
