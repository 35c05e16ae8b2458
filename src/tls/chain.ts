import { type KeyObject, X509Certificate } from 'node:crypto'
import { certFile } from './pair-files.ts'

const mostCertificates = 10
const leastRsaBits = 2048
const strongCurves = ['prime256v1', 'secp384r1', 'secp521r1']

/** The certificates of a PEM text in its order, and in words what of it is none. */
export function readChain(pem: string): { chain: X509Certificate[]; reasons: string[] } {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return { chain: [], reasons: [`${certFile} holds no certificate`] }
  if (blocks.length > mostCertificates)
    return { chain: [], reasons: [`${certFile} holds ${blocks.length} certificates, more than any chain has`] }
  const chain: X509Certificate[] = []
  const reasons: string[] = []
  for (const [at, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block))
    } catch {
      reasons.push(`certificate ${at + 1} in ${certFile} is damaged`)
    }
  }
  return { chain, reasons }
}

/** Why clients would not take this chain, whatever the key of the server. */
export const chainFaults = (chain: X509Certificate[], now: number): string[] => [
  ...chain.flatMap((certificate, at) => dateFaults(certificate, at, now)),
  ...orderFaults(chain),
  ...chain.flatMap(strengthFaults),
]

function dateFaults(certificate: X509Certificate, at: number, now: number): string[] {
  const [from, to] = [certificate.validFromDate, certificate.validToDate]
  if (now >= to.getTime()) return [`${nameOf(at)} expired on ${to.toISOString()}`]
  if (now < from.getTime()) return [`${nameOf(at)} is not valid before ${from.toISOString()}; is the clock of this machine right?`]
  return []
}

/** RFC 8446 §4.4.2: each one directly certifies the one before. Browsers mend another order, most programs do not. */
const orderFaults = (chain: X509Certificate[]): string[] =>
  chain.slice(1).flatMap((issuer, at) => {
    const issued = chain[at]
    if (!issued || !isSignedBy(issued, issuer)) return [`${nameOf(at + 1)} did not sign ${nameOf(at)}: each is followed by its issuer`]
    return issuer.ca || isSelfSigned(issuer) ? [] : [`${nameOf(at + 1)} is not that of an authority, and may sign no other`]
  })

function strengthFaults(certificate: X509Certificate, at: number): string[] {
  const key = publicKeyOf(certificate)
  if (!key) return [`${nameOf(at)} has a key of an unknown kind`]
  const { modulusLength: bits, namedCurve: curve } = key.asymmetricKeyDetails ?? {}
  const signature = certificate.signatureAlgorithm ?? ''
  const faults: string[] = []
  if (bits !== undefined && bits < leastRsaBits) faults.push(`${nameOf(at)} has a key of ${bits} bits; ${leastRsaBits} are the least`)
  if (curve !== undefined && !strongCurves.includes(curve))
    faults.push(`${nameOf(at)} has a key on the curve ${curve}, which clients do not take`)
  // Nobody checks the signature that a root puts under itself.
  const isRoot = at > 0 && isSelfSigned(certificate)
  if (!isRoot && /sha1(?!\d)|md[245]/i.test(signature)) faults.push(`${nameOf(at)} is signed with ${signature}, which can be forged`)
  return faults
}

export const isSelfSigned = (certificate: X509Certificate): boolean => isSignedBy(certificate, certificate)

/** OpenSSL throws at keys that it cannot read. */
export function publicKeyOf(certificate: X509Certificate): KeyObject | undefined {
  try {
    return certificate.publicKey
  } catch {
    return undefined
  }
}

function isSignedBy(issued: X509Certificate, issuer: X509Certificate): boolean {
  const key = publicKeyOf(issuer)
  return key !== undefined && issued.checkIssued(issuer) && issued.verify(key)
}

const nameOf = (at: number): string => (at === 0 ? 'the certificate' : `certificate ${at + 1} in ${certFile}`)
