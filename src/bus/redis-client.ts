import { readFileSync } from 'node:fs'
import { createClient } from 'redis'

/** Where Redis is. The address may hold a password and is never shown. */
export interface RedisPlace {
  url: string
  /** A file with the certificate of the authority that vouches for it, in PEM; else those of the system do. */
  ca?: string | undefined
}

/** ms. */
const connectTime = 3000
/** Commands that wait for an answer; more are refused rather than kept. */
const mostWaiting = 10_000

/**
 * One connection that ends where it breaks: whoever holds it makes a new one.
 * Nothing is kept for later while it is down, where it would wait without bound and without a word.
 */
export const openClient = (place: RedisPlace) => createClient({ ...options(place), socket: { ...socket(place), reconnectStrategy: false } })

/**
 * A connection for commands, which comes back by itself. A Redis that takes commands and answers none is noticed by its silence.
 */
export const keepClient = (place: RedisPlace) =>
  createClient({
    ...options(place),
    pingInterval: 1000,
    socket: {
      ...socket(place),
      socketTimeout: 3000,
      reconnectStrategy: (tries: number) => Math.min(100 * 2 ** tries, 2000) * Math.random(),
    },
  })

export type RedisClient = ReturnType<typeof keepClient>

const options = ({ url }: RedisPlace) => ({ url, disableOfflineQueue: true, commandsQueueMaxLength: mostWaiting }) as const

/** A certificate is always checked: name, chain and time. */
function socket({ url, ca }: RedisPlace) {
  const common = { connectTimeout: connectTime, noDelay: true }
  if (!url.startsWith('rediss:')) return common
  return { ...common, tls: true as const, rejectUnauthorized: true, ...(ca !== undefined && { ca: readFileSync(ca) }) }
}
