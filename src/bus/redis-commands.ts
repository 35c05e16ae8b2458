import { enter, openClient, type RedisClient } from './redis-client.ts'
import type { Whereabouts } from './whereabouts.ts'

/** What is asked of Redis besides the road: each fails at once while it is away. */
export type RedisCommands = Pick<RedisClient, 'isReady' | 'get' | 'set' | 'del' | 'eval' | 'multi' | 'ping' | 'info'>

/** ms between two tries. */
const [firstTry, slowestTry] = [100, 2000]

/** A connection for commands, which is made anew when it ends, or when the sentinels name another master. */
export function keepCommands(where: Whereabouts): RedisCommands & { close(): void } {
  let client: RedisClient | undefined
  /** It is connected, and the one that takes writes. */
  let isIn = false
  let tries = 0
  let again: NodeJS.Timeout | undefined
  let isClosed = false

  async function open(): Promise<void> {
    let mine: RedisClient | undefined
    try {
      const place = await where.find()
      if (isClosed) return
      mine = client = openClient(place, { isAsked: true })
      const lost = () => void (mine && leave(mine))
      mine.on('error', lost).on('end', lost)
      await enter(mine, place)
      if (client !== mine) return
      isIn = true
      tries = 0
    } catch {
      if (mine) leave(mine)
      else later()
    }
  }

  function leave(which: RedisClient): void {
    if (client !== which) return
    client = undefined
    isIn = false
    if (which.isOpen) which.destroy()
    later()
  }

  function later(): void {
    if (!isClosed) again = setTimeout(() => void open(), Math.min(firstTry * 2 ** tries++, slowestTry) * Math.random())
  }

  function there(): RedisClient {
    if (isIn && client?.isReady) return client
    throw new Error('Redis is away')
  }

  where.onMove(() => client && leave(client))
  void open()
  return {
    get isReady() {
      return isIn && client?.isReady === true
    },
    get: async (...args) => there().get(...args),
    set: async (...args) => there().set(...args),
    del: async (...args) => there().del(...args),
    eval: async (...args) => there().eval(...args),
    multi: () => there().multi(),
    ping: async (...args) => there().ping(...args),
    info: async (...args) => there().info(...args),
    close() {
      isClosed = true
      isIn = false
      clearTimeout(again)
      if (client?.isOpen) client.destroy()
    },
  }
}
