import { RedisStore } from 'connect-redis'
import type { SessionData } from 'express-session'
import type { RedisCommands } from '../bus/redis-commands.ts'
import type { Seal } from './master-key.ts'

/** Where web sessions lie when they are not in the store. `id` is the SHA-256 of the session id. */
export interface Vault {
  /** Undefined: there is none, or what is there was not put there by a node of ours. @throws when it cannot be asked. */
  get(id: string): Promise<unknown>
  /** Only if nothing was ever there. @param until ms since 1970 */
  put(id: string, session: object, until: number): Promise<void>
  /** For good: a mark stays in its place. */
  drop(id: string): Promise<void>
}

interface Deps {
  redis: Pick<RedisCommands, 'get' | 'set'>
  /** The house, so that several can share one Redis. */
  house: string
  seal: Seal
  now: () => number
}

const gone = '-'
/** s that the mark of a session which was dropped stays: longer than any request that could still write it. */
const goneFor = 86_400
const purpose = 'parley/web-session'

/** What is kept of a session: where it lies is part of it, or one could be put in another's place. */
interface Kept {
  id: string
  until: number
  session: object
}

/**
 * Web sessions in Redis, through connect-redis. Redis is not trusted with them: a session is sealed, so whoever reads Redis learns
 * nothing, and whoever writes there cannot make one; the row of the login decides in any case. A session is written once and never
 * changed, so that a slow request cannot bring back what was dropped meanwhile.
 */
export function createRedisVault({ redis, house, seal, now }: Deps): Vault {
  /** What connect-redis may do with Redis: write what is not there, and put the mark in place of what is, and only there. */
  const writeOnce = {
    get: (key: string) => redis.get(key),
    set: (key: string, value: string, { expiration }: { expiration: { type: 'EX'; value: number } }) =>
      redis.set(key, value, { expiration, condition: 'NX' }),
    del: ([key]: [string]) => redis.set(key, gone, { expiration: { type: 'EX', value: goneFor }, condition: 'XX' }),
  }
  const store = new RedisStore({
    client: writeOnce,
    prefix: `parley:${house}:session:`,
    ttl: (kept: SessionData | Kept) => Math.max(1, Math.ceil((('until' in kept ? Number(kept.until) : 0) - now()) / 1000)),
    disableTouch: true,
    serializer: {
      stringify: (kept) => seal.seal(purpose, Buffer.from(JSON.stringify(kept))),
      parse: (sealed) => open(seal, sealed),
    },
  })

  return {
    async get(id) {
      const kept: Partial<Kept> | null | undefined = await store.get(id)
      return kept?.id === id ? kept.session : undefined
    },
    async put(id, session, until) {
      await store.set(id, { id, session, until } satisfies Kept as Kept & SessionData)
    },
    async drop(id) {
      await store.destroy(id)
    },
  }
}

function open(seal: Seal, sealed: string): SessionData | Promise<SessionData> {
  try {
    return JSON.parse(seal.open(purpose, sealed).toString())
  } catch {
    return {} as SessionData // the mark, or somebody else's doing: no session of ours
  }
}
