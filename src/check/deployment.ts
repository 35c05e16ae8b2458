import { setTimeout as passed } from 'node:timers/promises'
import { createSecureContext, rootCertificates } from 'node:tls'
import { Checker, type Report } from './checker.ts'

export interface DeploymentCheck {
  /** https://HOST or https://HOST:PORT; several, where each node is to be met by itself. */
  urls: readonly string[]
  /** Session tokens of one person or more. */
  tokens: readonly string[]
  /** Certificates in PEM that are believed beside the usual ones. */
  ca?: string
  /** ms of talking. */
  talk: number
  progress: (words: string) => void
}

/** Posts on their way at a time, of each who talks: below what a server with its usual limits takes. */
const window = 16
/** ms without a sign of life before a connection is given up. */
const patience = 10_000
/** ms that a server has at the end to bring what is still missing. */
const quiet = 60_000
/** ms between two reports, and two visits of those who come and go. */
const every = 5000

/**
 * Talks and listens in new private rooms of a Parley, and judges what came of it. It harms nothing: what that deployment is to
 * survive, somebody does to it meanwhile.
 * @throws Error in words, when a token is not taken or a room cannot be made.
 */
export async function checkDeployment({ urls, tokens, ca, talk, progress }: DeploymentCheck): Promise<Report> {
  const secureContext = ca === undefined ? undefined : createSecureContext({ ca: [...rootCertificates, ca] })
  const targets = urls.map((url) => {
    const { hostname, port } = new URL(url)
    const host = hostname.replace(/^\[|\]$/g, '')
    return { host, port: Number(port || 443), servername: host, ...(secureContext && { secureContext }) }
  })
  const checker = new Checker({ targets, tokens, rooms: 2, window, patience, quiet, random: Math.random })
  await checker.start()
  progress(`${checker.parts}; they talk for ${Math.round(talk / 1000)} s`)
  const end = performance.now() + talk
  for (let turn = 0; performance.now() < end; turn++) {
    await passed(Math.min(every, end - performance.now()))
    progress(`${checker.acknowledged} messages were acknowledged`)
    await visit(checker, turn).catch((error: Error) => progress(error.message))
  }
  progress('reading everything that was said')
  return checker.finish()
}

/** In turn: somebody is removed, and let in again; one who listens is slow; a few come and go. */
async function visit(checker: Checker, turn: number): Promise<void> {
  if (turn % 4 === 0) await checker.expel()
  else if (turn % 4 === 1) await checker.readmit()
  else if (turn % 4 === 2) await checker.dawdle(1000)
  else await checker.storm(5)
}
