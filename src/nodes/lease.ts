import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Tables } from '../store/schema.ts'
import type { Feed, News, Place } from './feed.ts'
import type { Roster } from './roster.ts'

interface Deps {
  db: Kysely<Tables>
  node: string
  feed: Feed
  roster: Roster
  /** ms that only ever pass; while the machine sleeps they may stand still. */
  monotonic: () => number
  /** The clock of the machine: it tells of that sleep. */
  wall: () => number
  /** ms that a lease holds, and between two renewals. */
  life: number
  every: number
  log: Logger
}

/** ms that a lease holds, and between two renewals: the same on all nodes of a store. */
export const leaseTimes = { life: 5000, every: 2000 }
/** ms until the next try when a renewal has failed. */
const soon = 500

/**
 * This node's right to deliver. Each renewal reads first what has ended since the last one and closes those connections, so a node whose
 * lease holds has missed no ending that is older than the lease. A node that cannot renew, or was stopped and does not know for how long,
 * is silent until it has.
 */
export function createLease({ db, node, feed, roster, monotonic, wall, life, every, log }: Deps) {
  let [until, untilWall] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let seen: Place = { seq: 0, hash: '' }
  /** Never begun anew, so that a row which was taken away meanwhile does not come back looking as it did. */
  let renewals = 0
  let timer: NodeJS.Timeout | undefined
  let isOver = false
  let isLost = false
  let renewing: Promise<void> = Promise.resolve()
  let waiting: (() => void)[] = []
  let act = async (_: News): Promise<void> => undefined

  /** Asked before each write to a socket. A clock that was set ahead costs a pause until the next renewal, no more. */
  const holds = (): boolean => monotonic() < until && wall() < untilWall

  async function renew(): Promise<void> {
    const [began, beganWall] = [monotonic(), wall()]
    for (let more = true; more; ) {
      const news = await feed.since(seen)
      if (news.ended.length > 0 || news.keys || news.isCut) await act(news)
      seen = news.upTo
      more = news.more
    }
    renewals++
    const { numUpdatedRows } = await db
      .updateTable('node')
      .set({ renewed: renewals, seen: seen.seq })
      .where('id', '=', node)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) {
      await db.insertInto('node').values({ id: node, started_at: wall(), renewed: renewals, seen: seen.seq }).execute()
      return renew() // nobody waits for a node without a row: only what is read after it is there has been heard in time
    }
    until = began + life
    untilWall = beganWall + life
    if (!holds()) return // it took too long: another try
    if (isLost) log.warn({ event: 'lease_regained', node }, 'This node may deliver again')
    isLost = false
    const all = waiting
    waiting = []
    for (const go of all) go()
    await roster.look()
    await roster.forget()
  }

  async function round(): Promise<void> {
    let pause = every
    try {
      await renew()
    } catch (err) {
      pause = soon
      if (!isLost && !holds()) {
        isLost = true
        log.error({ event: 'lease_lost', node, err }, 'This node cannot renew its lease: it delivers nothing until it has')
      }
    }
    if (!isOver) timer = setTimeout(() => void next(), pause)
  }

  const next = (): Promise<void> => {
    renewing = round()
    return renewing
  }

  return {
    holds,
    /** ms since what the store said was last known in full; undefined before the first time. */
    age: (): number | undefined => (until === Number.NEGATIVE_INFINITY ? undefined : monotonic() - (until - life)),
    /** Calls back when the lease holds again. */
    whenHeld: (go: () => void): void => void waiting.push(go),
    /** @param then acts on what has ended, and returns when that is true here. @throws when the store cannot be asked. */
    async begin(then: (news: News) => Promise<void>): Promise<void> {
      act = then
      seen = await feed.newest()
      await renew()
      timer = setTimeout(() => void next(), every)
    },
    /** Once nothing is delivered any more. */
    async end(): Promise<void> {
      isOver = true
      clearTimeout(timer)
      await renewing
      clearTimeout(timer)
      until = Number.NEGATIVE_INFINITY
      await db
        .deleteFrom('node')
        .where('id', '=', node)
        .execute()
        .catch(() => undefined) // then the lease runs out
    },
  }
}

export type Lease = ReturnType<typeof createLease>
