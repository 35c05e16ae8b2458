import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkServerIdentity, getCACertificates, rootCertificates } from 'node:tls'
import { caFile, certFile } from '../../tls/pair-files.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Guest } from './patient.ts'

/** The certificate that people get: whom it is for, until when, and whether they trust it. */
export const servedCertificateCheck: Check = {
  ids: ['D-CERT-TRUST', 'D-CERT-NAME', 'D-CERT-SOON', 'D-ALPN'],
  at: 'door',
  async look(guest) {
    const roots = [...rootCertificates, ...getCACertificates('system'), ...getCACertificates('extra')]
    const socket = await guest.visit.handshake(['h2', 'http/1.1'], roots)
    const spoken = socket.alpnProtocol
    const peer = socket.getPeerX509Certificate()
    const error = socket.authorizationError as Error | string | null | undefined
    const why = error ? String(typeof error === 'object' && 'code' in error ? error.code : error) : undefined
    const chain = socket.getPeerCertificate()
    socket.destroy()
    if (peer === undefined) return [fault('D-CERT-TRUST', 'Whoever answers shows no certificate.')]
    const named = checkServerIdentity(guest.url.hostname.replace(/^\[(.*)\]$/, '$1'), chain)
    const findings = [trust(guest, peer, why, named !== undefined), ...(await oneOne(guest, spoken))]
    // The folder has been looked at already; what a proxy shows has not.
    if (guest.config.tls.mode === 'own') return findings
    return [
      ...findings,
      ...life(guest, peer),
      named
        ? fault(
            'D-CERT-NAME',
            `The certificate of the proxy is not for ${guest.url.hostname}.`,
            `certbot certonly -d ${guest.url.hostname}`,
          )
        : good('D-CERT-NAME', `The certificate is for ${guest.url.hostname}.`),
    ]
  },
}

function trust({ config: { tls }, instruments }: Guest, peer: X509Certificate, why: string | undefined, isMisnamed: boolean): Finding {
  if (tls.mode === 'own' && !isOfFolder(tls.dir, peer))
    return warning(
      'D-CERT-TRUST',
      `What is served is not the certificate in ${tls.dir}: the new one was refused, or another program answers.`,
      'parley reload',
    )
  if (why === undefined || (isMisnamed && why === 'ERR_TLS_CERT_ALTNAME_INVALID'))
    return good('D-CERT-TRUST', 'Browsers trust the certificate.')
  if (why === 'CERT_HAS_EXPIRED' && instruments.now() >= peer.validToDate.getTime())
    return warning('D-CERT-TRUST', 'Nobody trusts an expired certificate.', 'certbot renew')
  if (isOfOurCa(tls.dir, peer))
    return warning(
      'D-CERT-TRUST',
      'The certificate is for development: only who has been told trusts it.',
      `# let a browser trust ${join(tls.dir, caFile)}, or put a certificate of a public authority into ${tls.dir}`,
    )
  return warning(
    'D-CERT-TRUST',
    `Browsers will not trust the certificate (${why}).`,
    `# ${certFile}: the certificate of the server first, then those that vouch for it, from an authority that browsers know`,
  )
}

function life({ instruments }: Guest, peer: X509Certificate): Finding[] {
  const until = peer.validToDate
  const days = Math.floor((until.getTime() - instruments.now()) / 86_400_000)
  if (days < 0) return [fault('D-CERT-SOON', `The certificate of the proxy expired on ${until.toISOString()}.`, 'certbot renew')]
  return [
    days < 14
      ? warning('D-CERT-SOON', `The certificate of the proxy ends in ${days} days.`, 'certbot renew')
      : good('D-CERT-SOON', `The certificate of the proxy holds for ${days} days.`),
  ]
}

/** A socket is opened over HTTP/1.1; a front that speaks only HTTP/2 lets no page in. */
async function oneOne({ visit }: Guest, spoken: string | false | null): Promise<Finding[]> {
  const socket = await visit.handshake(['http/1.1'], []).catch(() => undefined)
  socket?.destroy()
  if (socket === undefined)
    return [fault('D-ALPN', 'HTTP/1.1 is refused, but WebSockets are opened over it.', '# let the proxy offer http/1.1 beside h2')]
  return [good('D-ALPN', spoken === 'h2' ? 'Pages come over HTTP/2, sockets can be opened over HTTP/1.1.' : 'HTTP/1.1 is spoken.')]
}

function isOfFolder(dir: string, peer: X509Certificate): boolean {
  try {
    return new X509Certificate(readFileSync(join(dir, certFile))).fingerprint256 === peer.fingerprint256
  } catch {
    return false
  }
}

function isOfOurCa(dir: string, peer: X509Certificate): boolean {
  try {
    return peer.verify(new X509Certificate(readFileSync(join(dir, caFile))).publicKey)
  } catch {
    return false
  }
}
