import 'reflect-metadata'
import { randomBytes } from 'node:crypto'
import { isIP } from 'node:net'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509'
import { developmentIssuer } from './facts.ts'
import { nameConstraints } from './name-constraints.ts'
import type { Pair } from './pair-files.ts'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const hourMs = 3_600_000
/** 397 days are the most that browsers accept; the hour before now, for slow clocks, counts. */
const lifeMs = 396 * 24 * hourMs

/** What every development certificate is for. */
export const loopbackNames = ['localhost', '127.0.0.1', '::1']

/**
 * A certificate for this machine's loopback names, and the CA that signed it, for people to trust while they develop.
 * The CA may speak for those names alone, and its key is gone when this returns: who trusts `ca` trusts this one
 * certificate, and nothing that could ever be signed.
 * @param now ms since 1970.
 * @param more further hosts and addresses, such as those of this machine in its own network.
 */
export async function makeDevelopmentPair(now: number, more: readonly string[] = []): Promise<Pair & { ca: string }> {
  const all = [...new Set([...loopbackNames, ...more.map((name) => name.toLowerCase())])]
  const [names, addresses] = [all.filter((name) => isIP(name) === 0), all.filter((name) => isIP(name) !== 0)]
  // Not extractable: the key of the CA cannot be written anywhere, not even by mistake.
  const authority = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])
  const server = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const dates = { notBefore: new Date(now - hourMs), notAfter: new Date(now - hourMs + lifeMs), signingAlgorithm: algorithm }
  // A name of its own, or a browser that trusts an earlier one takes the two for the same and is confused.
  const issuer = `CN=${developmentIssuer} ${randomBytes(4).toString('hex')}, O=Parley`

  const ca = await X509CertificateGenerator.createSelfSigned({
    ...dates,
    name: issuer,
    keys: authority,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new Extension('2.5.29.30', true, nameConstraints({ names, addresses })),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const leaf = await X509CertificateGenerator.create({
    ...dates,
    subject: 'CN=localhost, O=Parley',
    issuer,
    publicKey: server.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...names.map((value) => ({ type: 'dns' as const, value })),
        ...addresses.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await SubjectKeyIdentifierExtension.create(server.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  })
  const key = PemConverter.encode(await crypto.subtle.exportKey('pkcs8', server.privateKey), 'PRIVATE KEY')
  return { ca: `${ca.toString('pem')}\n`, cert: `${leaf.toString('pem')}\n${ca.toString('pem')}\n`, key: `${key}\n` }
}
