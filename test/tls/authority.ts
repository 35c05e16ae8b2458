import 'reflect-metadata'
import { isIP } from 'node:net'
import * as x509 from '@peculiar/x509'
import type { Pair } from '../../src/tls/pair-files.ts'

export const dayMs = 86_400_000
const elliptic = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const rsa = (modulusLength: number) => ({
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
})

export interface Wish {
  names?: string[]
  /** ms since 1970. */
  notBefore?: number
  notAfter?: number
  usage?: x509.ExtendedKeyUsage
  /** An RSA key of so many bits instead of an elliptic one. */
  rsaBits?: number
  curve?: string
  hash?: 'SHA-1' | 'SHA-256'
}

/** Who hands out certificates, with the flaws one wishes for; `cert` is for those who trust it. */
export async function createAuthority(extensions: x509.Extension[] = []) {
  const keys = await crypto.subtle.generateKey(elliptic, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Authority of the tests',
    notBefore: new Date(Date.now() - 1000 * dayMs),
    notAfter: new Date(Date.now() + 1000 * dayMs),
    keys,
    signingAlgorithm: elliptic,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ...extensions,
    ],
  })
  const cert = `${certificate.toString('pem')}\n`

  /** A pair: the chain is the certificate and this authority. */
  async function issue({
    names = ['chat.example'],
    notBefore,
    notAfter,
    usage,
    rsaBits,
    curve = 'P-256',
    hash = 'SHA-256',
  }: Wish = {}): Promise<Pair> {
    const algorithm = rsaBits === undefined ? { ...elliptic, namedCurve: curve } : rsa(rsaBits)
    const own = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
    const leaf = await x509.X509CertificateGenerator.create({
      subject: `CN=${names[0] ?? 'nobody'}`,
      issuer: certificate.subject,
      notBefore: new Date(notBefore ?? Date.now() - dayMs),
      notAfter: new Date(notAfter ?? Date.now() + 90 * dayMs),
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: { ...elliptic, hash },
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage ?? x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(names.map((value): x509.JsonGeneralName => ({ type: isIP(value) ? 'ip' : 'dns', value }))),
      ],
    })
    const key = x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY')
    return { cert: `${leaf.toString('pem')}\n${cert}`, key: `${key}\n` }
  }

  return { cert, issue }
}

/** The certificates of a chain, one PEM text each. */
export const certificatesIn = (pem: string): string[] => pem.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----\n/g) ?? []
