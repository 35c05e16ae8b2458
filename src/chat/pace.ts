import { Bucket } from './bucket.ts'

interface Deps {
  monotonic: () => number
  limits: () => { postsPerSecond: number; postBurst: number }
}

/** Logins that are remembered at a time; those that have not written for a while are forgotten first. */
const most = 20_000

/**
 * How fast a login may write, over all its connections and requests: opening another connection buys nothing.
 * Written in the order of last use, so that forgetting starts with whoever has been quiet longest.
 */
export function createPace({ monotonic, limits }: Deps) {
  const buckets = new Map<string, Bucket>()
  /** 0: go on. Else in how many ms there is room for one more. */
  return (login: string): number => {
    const { postsPerSecond, postBurst } = limits()
    const bucket = buckets.get(login) ?? new Bucket(postBurst, monotonic())
    buckets.delete(login)
    buckets.set(login, bucket)
    if (buckets.size > most) buckets.delete(buckets.keys().next().value as string)
    return bucket.take(monotonic(), postsPerSecond, postBurst)
  }
}

export type Pace = ReturnType<typeof createPace>
