import { createClient } from 'redis'
import { type RedisPlace, socket, wordsOf } from './redis-client.ts'

/** What one sentinel says. */
export interface Word {
  /** `HOST:PORT` of the sentinel. */
  sentinel: string
  /** `HOST:PORT` of the master it names; undefined when it names none, or does not answer. */
  master?: string | undefined
  /** The configuration it knows (`config-epoch`): of two sentinels the one with the higher has seen the later failover. */
  epoch: number
  /** Why it names none. */
  wrong?: string | undefined
}

/** ms without a sign of life, after which a sentinel is not waited for. */
const patience = 2000

/** Each is asked by itself, so that one that is silent delays nobody. None of them fails. */
export const askSentinels = (place: RedisPlace): Promise<Word>[] => (place.sentinels?.at ?? []).map((sentinel) => ask(place, sentinel))

async function ask(place: RedisPlace, sentinel: string): Promise<Word> {
  const { protocol, hostname: name } = new URL(place.url)
  const password = place.sentinels?.password
  const client = createClient({
    url: `${protocol}//${sentinel}`,
    RESP: 2, // in which all versions answer alike
    ...(password !== undefined && { password }),
    disableOfflineQueue: true,
    socket: { ...socket(place), connectTimeout: patience, socketTimeout: patience, reconnectStrategy: false },
  })
  client.on('error', () => undefined) // whoever waits for an answer is told
  try {
    await client.connect()
    // In this order: were there a failover between the two, the old address would otherwise pass for the newest.
    const about = await client.sendCommand<unknown>(['SENTINEL', 'MASTER', name])
    const named = await client.sendCommand<unknown>(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    return { sentinel, master: addressIn(named), epoch: epochIn(about) }
  } catch (error) {
    return { sentinel, epoch: -1, wrong: wordsOf(error) }
  } finally {
    if (client.isOpen) client.destroy()
  }
}

/** @throws Error when it is none */
function addressIn(named: unknown): string {
  const [host, port] = Array.isArray(named) ? named.map(String) : []
  if (!host || !port) throw new Error('it names no master')
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Names and values by turns. */
function epochIn(about: unknown): number {
  const words = Array.isArray(about) ? about.map(String) : []
  return Number(words[words.indexOf('config-epoch') + 1]) || 0
}
