import { isIP } from 'node:net'
import { isLoopback } from '../../config.ts'
import { daysLeft, type PairFacts } from '../../tls/facts.ts'
import { checkPair, uncoveredWords } from '../../tls/pair.ts'
import { certFile, keyFile, readPair } from '../../tls/pair-files.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

/** Days before the end at which a renewal is late; a certificate of a few days has a third of its life. */
const soon = 14

/** The pair in the folder of certificates; when a proxy ends TLS, its own is looked at through the front door. */
export const certificateCheck: Check = {
  ids: ['D-CERT-PAIR', 'D-CERT-NAME', 'D-CERT-SOON'],
  at: 'home',
  async look(patient) {
    const { config, instruments, url } = patient
    if (config.tls.mode === 'off') return [good('D-CERT-PAIR', 'The proxy in front has the certificate (tls.mode is off).')]
    const put = `install -m 600 NEW/${keyFile} '${config.tls.dir}/' && install -m 644 NEW/${certFile} '${config.tls.dir}/'`
    const found = await readPair(config.tls.dir)
    if (found.pair === undefined)
      return [
        found.absent
          ? good('D-CERT-PAIR', 'There is no certificate yet; the first start makes one for this machine.')
          : fault('D-CERT-PAIR', `${sentence(found.reasons)}.`, put),
      ]

    const now = instruments.now()
    const names = [url.hostname]
    const verdict = checkPair({ ...found.pair, now, names })
    const { facts } = verdict
    // On the first day of its life only what time does not heal is left.
    const lasting = facts && checkPair({ ...found.pair, now: facts.notBefore, names })
    if (!facts || !lasting?.ok)
      return [fault('D-CERT-PAIR', `${sentence(lasting && !lasting.ok ? lasting.reasons : verdict.ok ? [] : verdict.reasons)}.`, put)]
    const uncovered = lasting.uncovered.map((name) =>
      fault('D-CERT-NAME', `In ${config.tls.dir} ${uncoveredWords(name, facts)}.`, pairFor(name, facts)),
    )
    return [
      good('D-CERT-PAIR', 'Certificate and key belong together.'),
      ...(uncovered.length > 0 ? uncovered : [good('D-CERT-NAME', `The certificate is for ${names.join()}.`)]),
      ...lifeOf(patient, facts, verdict.ok ? [] : verdict.reasons, put),
    ]
  },
}

/** An authority vouches for names in public; what only this machine or its network knows gets a pair of ours. */
function pairFor(name: string, { names }: PairFacts): string {
  const typed = names.find((one) => isIP(one) === 0 && !isLoopback(one) && !one.startsWith('*'))
  if (isLoopback(name) && typed) return `# config/local.yaml: the address that people type\nserver:\n  publicUrl: https://${typed}`
  const bare = name.replace(/^\[(.*)\]$/, '$1')
  if (isLoopback(name)) return 'parley certs new --force'
  return isIP(bare) === 0 ? `certbot certonly -d ${name}` : `parley certs new --names ${bare} --force`
}

function lifeOf({ instruments }: Patient, facts: PairFacts, reasons: readonly string[], put: string): Finding[] {
  const now = instruments.now()
  const left = daysLeft(facts, now)
  const until = new Date(facts.notAfter).toISOString().slice(0, 10)
  if (now >= facts.notAfter || reasons.length > 0)
    return [fault('D-CERT-SOON', `${sentence(reasons.length > 0 ? reasons : [`the certificate expired on ${until}`])}.`, put)]
  const third = (facts.notAfter - facts.notBefore) / 3 / 86_400_000
  if (left < Math.min(soon, third)) return [warning('D-CERT-SOON', `The certificate ends in ${left} days, on ${until}.`, 'certbot renew')]
  return [good('D-CERT-SOON', `The certificate holds for ${left} days, until ${until}.`)]
}

const sentence = (reasons: readonly string[]): string => {
  const all = reasons.join('; ')
  return all.charAt(0).toUpperCase() + all.slice(1)
}
