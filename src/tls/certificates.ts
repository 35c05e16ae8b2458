import { randomBytes } from 'node:crypto'
import type { SecureContextOptions, TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import { createExpiryNotice } from './expiry.ts'
import type { PairFacts } from './facts.ts'
import { firstPair, type ServedPair } from './first-pair.ts'
import { type MinVersion, tlsOptions } from './options.ts'
import { checkPair, uncoveredWords } from './pair.ts'
import { contentOf, readPair } from './pair-files.ts'
import { createRefusals } from './refusals.ts'
import { type After, afterReal, watchDirectory } from './watch.ts'

export type { PairFacts } from './facts.ts'
export type Look = 'same' | 'swapped' | 'refused'

export interface Certificates {
  /** All options, for `https.createServer` and for every `setSecureContext`. */
  options(): SecureContextOptions & TlsOptions
  /** Of the pair in force. */
  facts(): PairFacts
  /** Why the pair in the directory is not the one in force; undefined when it is. */
  refusal(): readonly string[] | undefined
  /** A new pair is in force: give `options()` to the server. Called at once when that has happened already. */
  onSwap(listener: () => void): void
  /** A pair was called bad, once for each content. */
  onRefused(listener: (reasons: readonly string[]) => void): void
  /** Reads the directory now. It also happens by itself, every minute and when something stirs there. */
  look(): Promise<Look>
  /** Whether this start made a pair for development. */
  made: boolean
  close(): void
}

export interface CertificatesAsked {
  dir: string
  minVersion: MinVersion
  /** Hosts that people type. A pair that is not for one of them is warned of at the start, and never replaces one that is. */
  names: readonly string[]
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  now: () => number
  after?: After
}

/**
 * Opens the folder of certificates: makes the development pair when there is none, checks what is there, watches it.
 * A bad pair never replaces a good one.
 * @throws Error in words: there is a pair at the start that cannot serve.
 */
export async function openCertificates({ dir, minVersion, names, log, now, after = afterReal }: CertificatesAsked): Promise<Certificates> {
  const { made, ...first } = await firstPair({ dir, names, log, now })
  const ticketKeys = randomBytes(48)
  const listeners: (() => void)[] = []
  const refusedListeners: ((reasons: readonly string[]) => void)[] = []
  const onSaid = (reasons: readonly string[]) => {
    for (const listener of refusedListeners) listener(reasons)
  }
  const noticeExpiry = createExpiryNotice(log)
  const refusals = createRefusals({ dir, log, after, onSaid, lookAgain: () => lookQuietly(false) })
  let served: ServedPair = first
  let isClosed = false
  let queue: Promise<unknown> = Promise.resolve()

  /** One after the other: an older reading must not overtake a newer one. */
  function look(isPatient: boolean): Promise<Look> {
    const mine = queue.then(() => lookOnce(isPatient))
    queue = mine.catch(() => undefined)
    return mine
  }

  async function lookOnce(isPatient: boolean): Promise<Look> {
    const found = await readPair(dir)
    if (isClosed) return 'same'
    noticeExpiry(served.facts, now())
    const refuse = (reasons: readonly string[], content: string): Look => {
      refusals.add(reasons, content, isPatient)
      return 'refused'
    }
    if (found.pair === undefined) return refuse(found.reasons, '')
    const content = contentOf(found.pair)
    if (content === contentOf(served.pair)) {
      refusals.clear()
      return 'same'
    }
    const verdict = checkPair({ ...found.pair, now: now(), names })
    if (!verdict.ok) return refuse(verdict.reasons, content)
    const { facts, uncovered, warnings } = verdict
    // A host that is missed already is no reason, or such a pair could never be renewed.
    const lost = uncovered.filter((name) => !served.uncovered.includes(name))
    if (lost.length > 0)
      return refuse(
        lost.map((name) => uncoveredWords(name, facts)),
        content,
      )
    for (const words of [...found.warnings, ...warnings])
      log.warn({ event: 'tls_pair_warning', dir }, `The new certificate serves, but ${words}`)
    swap({ pair: found.pair, facts, uncovered })
    return 'swapped'
  }

  function swap(next: ServedPair): void {
    const { names: hosts, notAfter, fingerprint256: fingerprint } = next.facts
    served = next
    refusals.clear()
    for (const listener of listeners) tell(listener)
    log.info({ event: 'tls_pair_swapped', hosts, until: new Date(notAfter).toISOString(), fingerprint }, 'A new certificate is in force')
  }

  function tell(listener: () => void): void {
    try {
      listener()
    } catch (error) {
      log.error({ event: 'tls_swap_failed', err: error }, 'The server does not take the new certificate; it goes on with the old one')
    }
  }

  /** For looks that nobody waits for. */
  function lookQuietly(isPatient: boolean): void {
    look(isPatient).catch((error) =>
      log.error({ event: 'tls_look_failed', err: error }, 'The folder of certificates could not be looked at'),
    )
  }

  noticeExpiry(served.facts, now())
  const watching = watchDirectory({
    dir,
    after,
    onStir: () => lookQuietly(true),
    onBlind: (error) =>
      log.warn({ event: 'tls_watch_blind', err: error }, 'The folder of certificates cannot be watched; it is looked at once a minute'),
  })

  return {
    made,
    options: () => tlsOptions(served.pair, { minVersion, ticketKeys }),
    facts: () => served.facts,
    refusal: refusals.present,
    onSwap(listener) {
      listeners.push(listener)
      if (served !== first) tell(listener)
    },
    onRefused: (listener) => void refusedListeners.push(listener),
    look: () => look(false),
    close() {
      isClosed = true
      refusals.clear()
      watching.close()
    },
  }
}
