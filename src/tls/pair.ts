import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import { chainFaults, isSelfSigned, publicKeyOf, readChain } from './chain.ts'
import { factsOf, type PairFacts } from './facts.ts'
import { tlsOptions } from './options.ts'
import { certFile, keyFile, type Pair } from './pair-files.ts'

/** `uncovered`: of the hosts asked for, those that the certificate is not for. Whether that is bad depends on what it would replace. */
export type Verdict =
  | { ok: true; facts: PairFacts; warnings: string[]; uncovered: string[] }
  | { ok: false; facts: PairFacts | undefined; reasons: string[] }

const serverAuth = '1.3.6.1.5.5.7.3.1'

/**
 * Whether a pair can serve: all reasons against it at once, in words that hold nothing of the key.
 * @param asked.now ms since 1970.
 * @param asked.names hosts that people type.
 */
export function checkPair({ cert, key, now, names }: Pair & { now: number; names: readonly string[] }): Verdict {
  const { chain, reasons } = readChain(cert)
  const secret = readKey(key)
  if (typeof secret === 'string') reasons.push(secret)
  const [leaf, ...issuers] = chain
  const facts = leaf && factsOf(leaf)
  if (!leaf || !facts || typeof secret === 'string' || reasons.length > 0) return { ok: false, reasons, facts }

  reasons.push(...keyFaults(leaf, issuers, secret), ...useFaults(leaf), ...chainFaults(chain, now))
  if (reasons.length === 0) reasons.push(...contextFaults({ cert, key }))
  if (reasons.length > 0) return { ok: false, reasons, facts }
  return { ok: true, facts, warnings: warningsOf(leaf, issuers, cert), uncovered: names.filter((name) => !covers(leaf, name)) }
}

/**
 * Facts of a pair that Parley made for development, whatever its dates. Both files have to be ours: a key that does not belong to
 * the certificate may be the first half of a pair that an operator is putting there.
 */
export function developmentFacts(pair: Pair): PairFacts | undefined {
  const { facts } = checkPair({ ...pair, now: 0, names: [] })
  return facts?.isDevelopment && checkPair({ ...pair, now: facts.notBefore, names: [] }).ok ? facts : undefined
}

/** What to say of a host that people type and the certificate is not for. */
export const uncoveredWords = (name: string, { names }: PairFacts): string =>
  `the certificate is not for ${name}${name === 'localhost' ? ' (the host in server.publicUrl)' : ''}, only for ${names.slice(0, 10).join(', ') || 'nobody'}`

/** The key, or in words why there is none. */
function readKey(pem: string): KeyObject | string {
  if (pem.includes('ENCRYPTED'))
    return `the key in ${keyFile} is locked with a passphrase, and nobody is there to type it: store it without one, mode 0600`
  try {
    return createPrivateKey(pem)
  } catch {
    return `${keyFile} holds no private key`
  }
}

function keyFaults(leaf: X509Certificate, issuers: X509Certificate[], key: KeyObject): string[] {
  if (leaf.checkPrivateKey(key)) return []
  return issuers.some((issuer) => issuer.checkPrivateKey(key))
    ? [`${certFile} is in the wrong order: the certificate of this server comes first, then each one's issuer`]
    : [`the key in ${keyFile} does not belong to the certificate in ${certFile}`]
}

const useFaults = ({ keyUsage }: X509Certificate): string[] =>
  keyUsage && !keyUsage.includes(serverAuth) ? ['the certificate is not meant for servers (no serverAuth in its extended key usage)'] : []

/** The last word has the library that is going to use it, with the very options. */
function contextFaults(pair: Pair): string[] {
  try {
    createSecureContext(tlsOptions(pair, { minVersion: '1.2', ticketKeys: Buffer.alloc(48) }))
    return []
  } catch (error) {
    return [`TLS does not take it (${error instanceof Error && 'code' in error ? error.code : 'no code'})`]
  }
}

function warningsOf(leaf: X509Certificate, issuers: X509Certificate[], pem: string): string[] {
  const kind = publicKeyOf(leaf)?.asymmetricKeyType
  const warnings: string[] = []
  if (isSelfSigned(leaf)) warnings.push('it is signed by itself alone: who has not been told to trust it refuses it')
  else if (issuers.length === 0) warnings.push(`${certFile} holds no issuer of it: who does not know that one already cannot check it`)
  if (kind !== 'rsa' && kind !== 'ec') warnings.push(`browsers do not know the kind of its key (${kind})`)
  if (pem.includes('PRIVATE KEY-----')) warnings.push(`${certFile} holds a private key, and is a file that anybody may read`)
  return warnings
}

function covers(leaf: X509Certificate, name: string): boolean {
  const host = name.replace(/^\[(.*)\]$/, '$1')
  return (isIP(host) === 0 ? leaf.checkHost(host, { subject: 'never' }) : leaf.checkIP(host)) !== undefined
}
