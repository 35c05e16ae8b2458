import { isIPv4 } from 'node:net'
import type { RedisPlace } from './redis-client.ts'
import { askSentinels, type Word } from './sentinel.ts'

/** Where Redis is now, for whoever is about to connect. */
export interface Whereabouts {
  /** The same place with the address that holds now. @throws Error when no sentinel names any */
  find(): Promise<RedisPlace>
  /** Called when it has moved: who is connected may be talking to one that nobody else talks to. */
  onMove(listener: () => void): void
  /** What each sentinel says; nothing where there is none. */
  ask(): Promise<Word[]>
  close(): void
}

/**
 * Asks the sentinels anew for every connection, and now and then whether what they said still holds. Their `+switch-master` is not
 * listened to: a subscription can be deaf, a question cannot.
 * @param lookEvery ms
 */
export function locate(place: RedisPlace, lookEvery = 2000): Whereabouts {
  if (!place.sentinels) return { find: async () => place, onMove: () => undefined, ask: async () => [], close: () => undefined }
  const listeners: (() => void)[] = []
  let last: string | undefined
  let isClosed = false

  async function master(): Promise<string> {
    const now = newest(await mostOf(askSentinels(place)))
    const hasMoved = last !== undefined && last !== now
    last = now
    if (hasMoved) for (const listener of listeners) listener()
    return now
  }

  async function look(): Promise<void> {
    if (last !== undefined) await master().catch(() => undefined) // whoever needs it asks by itself
    if (!isClosed) looking = setTimeout(() => void look(), lookEvery).unref()
  }

  let looking = setTimeout(() => void look(), lookEvery).unref()
  return {
    async find() {
      const url = new URL(place.url)
      url.host = await master()
      if (url.protocol === 'redis:' && !isHere(url.hostname))
        throw new Error('the sentinels name a Redis on another machine, where redis:// would be in the clear: use rediss://')
      return { ...place, url: url.href }
    },
    onMove: (listener) => void listeners.push(listener),
    ask: () => Promise.all(askSentinels(place)),
    close() {
      isClosed = true
      clearTimeout(looking)
    },
  }
}

const isHere = (host: string): boolean => host === 'localhost' || host === '[::1]' || (isIPv4(host) && host.startsWith('127.'))

/** As soon as more than half of them have named a master: whoever made a failover had that many behind it. Otherwise what there is. */
async function mostOf(asked: Promise<Word>[]): Promise<Word[]> {
  const words: Word[] = []
  const enough = Promise.withResolvers<void>()
  const heard = (word: Word): void => {
    words.push(word)
    if (words.filter(({ master }) => master !== undefined).length > asked.length / 2) enough.resolve()
  }
  await Promise.race([enough.promise, Promise.all(asked.map((answer) => answer.then(heard)))])
  return words
}

/** A sentinel that was cut off goes on naming the one it knew, with the number of the failover that it knew. */
function newest(words: Word[]): string {
  const [first] = words.filter(({ master }) => master !== undefined).toSorted((a, b) => b.epoch - a.epoch)
  if (first?.master !== undefined) return first.master
  throw new Error(`no sentinel names a master: ${words.map(({ sentinel, wrong }) => `${sentinel} ${wrong}`).join(', ')}`)
}
