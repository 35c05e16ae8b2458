import { readFileSync } from 'node:fs'
import { createClient } from 'redis'

/** Where Redis is. The address may hold a password and is never shown. */
export interface RedisPlace {
  url: string
  /** A file with the certificate of the authority that vouches for it, in PEM; else those of the system do. */
  ca?: string | undefined
  /** They know where it is; what stands in `url` as the host is then the name they have for it. */
  sentinels?: Sentinels | undefined
}

export interface Sentinels {
  /** `HOST:PORT` of each. */
  at: readonly string[]
  /** Of the sentinels themselves; that of Redis is in `url`. */
  password?: string | undefined
}

/** ms. */
const connectTime = 3000
/** Commands that wait for an answer; more are refused rather than kept. */
const mostWaiting = 10_000
/** A Redis that takes commands and answers none is noticed by its silence: ms between two signs of life, and without any. */
const lively = { pingInterval: 1000, silence: 3000 }

interface Ways {
  /** It is asked for signs of life here; whoever does that by other means leaves it out. */
  isAsked?: boolean
}

/**
 * One connection that ends where it breaks: whoever holds it makes a new one, perhaps to another Redis.
 * Nothing is kept for later while it is down, where it would wait without bound and without a word.
 */
export const openClient = (place: RedisPlace, { isAsked = false }: Ways = {}) =>
  createClient({
    url: place.url,
    disableOfflineQueue: true,
    commandsQueueMaxLength: mostWaiting,
    ...(isAsked && { pingInterval: lively.pingInterval }),
    socket: { ...socket(place), reconnectStrategy: false, ...(isAsked && { socketTimeout: lively.silence }) },
  })

export type RedisClient = ReturnType<typeof openClient>

/** Connects, and makes sure that it is the one which takes writes, where sentinels say which: they may not know better yet. @throws */
export async function enter(client: RedisClient, { sentinels }: RedisPlace): Promise<void> {
  await client.connect()
  if (!sentinels) return
  const role = await client.sendCommand<unknown>(['ROLE'])
  if (!Array.isArray(role) || role[0] !== 'master') throw new Error('what the sentinels call the master is none (ROLE)')
}

/** A certificate is always checked: name, chain and time. */
export function socket({ url, ca }: Pick<RedisPlace, 'url' | 'ca'>) {
  const common = { connectTimeout: connectTime, noDelay: true }
  if (!url.startsWith('rediss:')) return common
  return { ...common, tls: true as const, rejectUnauthorized: true, ...(ca !== undefined && { ca: readFileSync(ca) }) }
}

/** What went wrong, in words without the address, which may hold the password. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string'
    ? error.code
    : error.message.replace(/rediss?:\/\/\S+/g, 'redis://…').slice(0, 200)
}
