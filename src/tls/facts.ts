import type { X509Certificate } from 'node:crypto'
import { isIPv6, SocketAddress } from 'node:net'

/** What a certificate says about itself. */
export interface PairFacts {
  subject: string
  /** Hosts and addresses that it is for. */
  names: string[]
  issuer: string
  /** ms since 1970. */
  notBefore: number
  /** ms since 1970. */
  notAfter: number
  fingerprint256: string
  /** Made by Parley for this machine alone; trusted by nobody who has not been told to. */
  isDevelopment: boolean
}

/** Opens the name of every development CA: how a pair of ours is told from one of the operator's. */
export const developmentIssuer = 'Parley development CA'

const dayMs = 86_400_000

export const factsOf = (certificate: X509Certificate): PairFacts => ({
  subject: onOneLine(certificate.subject),
  names: namesOf(certificate.subjectAltName ?? ''),
  issuer: onOneLine(certificate.issuer),
  notBefore: certificate.validFromDate.getTime(),
  notAfter: certificate.validToDate.getTime(),
  fingerprint256: certificate.fingerprint256,
  isDevelopment: `\n${certificate.issuer}`.includes(`\nCN=${developmentIssuer} `),
})

/** Whole days until it ends; negative when it has. */
export const daysLeft = ({ notAfter }: PairFacts, now: number): number => Math.floor((notAfter - now) / dayMs)

const onOneLine = (name: string | undefined): string => (name ?? '').replaceAll('\n', ', ')

/** Node writes the list as text, and quotes an entry that could be taken for more than one. */
const namesOf = (list: string): string[] =>
  [...list.matchAll(/(?:^|, )(DNS|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, kind, name = '']) =>
    kind === 'IP Address' && isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name,
  )
