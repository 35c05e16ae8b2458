import type { Logger } from 'pino'
import type { EndedWhy, Logins } from '../identity/logins.ts'
import type { Connection } from './connection.ts'
import type { Hub } from './hub.ts'

interface Deps {
  hub: Hub
  logins: Pick<Logins, 'check' | 'find' | 'touch'>
  now: () => number
  end: (login: string, why: EndedWhy) => Promise<number>
  log: Logger
}

/** ms that connections live on when the store cannot say whether their logins still hold. */
const grace = 5 * 60_000
const step = 5000

/** What catches a lost push: every login with connections is looked up again, and the ended ones are closed. */
export function createSweep({ hub, logins, now, end, log }: Deps) {
  let lastGood = now()
  let doubted = new Set<string>()
  let isAsking = false

  const check = (ids: string[]): Promise<void> => ask(ids).catch(failed)

  /** @throws when the store cannot be asked. */
  async function ask(ids: string[]): Promise<void> {
    const began = now()
    const gone = await logins.check(ids)
    lastGood = began
    for (const [login, why] of gone) {
      const connections = await end(login, why)
      if (connections > 0) log.info({ event: 'session_expired', login, why, connections }, 'A login no longer holds')
    }
  }

  function failed(error: unknown): void {
    log.error({ event: 'sweep_failed', err: error }, 'Logins could not be checked')
    if (now() - lastGood < grace) return
    for (const connection of [...hub.connections.values()]) {
      void connection.end('overload')
      hub.remove(connection)
    }
  }

  /**
   * What was done through connections since the last time, at most once a minute a login. Times are told in steps of
   * five seconds, so that thousands of logins are a dozen writes; a login that has ended stays ended.
   */
  async function touch(least = 60_000): Promise<void> {
    const active = [...hub.logins.values()].filter((seat) => seat.untold && seat.activeAt - seat.login.lastSeenAt >= least)
    const byTime = Map.groupBy(active, (seat) => Math.max(seat.login.lastSeenAt, seat.activeAt - (seat.activeAt % step)))
    for (const seat of active) seat.untold = false
    for (const [at, seats] of byTime) {
      try {
        await logins.touch(
          seats.map(({ login }) => login.id),
          at,
        )
        for (const seat of seats) seat.login.lastSeenAt = at
      } catch (error) {
        for (const seat of seats) seat.untold = true
        log.warn({ event: 'touch_failed', err: error }, 'Activity could not be noted')
      }
    }
  }

  /** It still holds, so there was activity elsewhere: on a page, another device, another node. */
  async function refresh(id: string): Promise<void> {
    const seat = hub.logins.get(id)
    const current = seat && (await logins.find(id).catch(() => undefined))
    if (!current) return
    seat.login = current
    seat.activeAt = Math.max(seat.activeAt, current.lastSeenAt)
  }

  return {
    async all(): Promise<void> {
      if (isAsking) return failed(new Error('The store has not answered the last time'))
      isAsking = true
      try {
        await touch(0)
        await check([...hub.logins.keys()])
      } finally {
        isAsking = false
      }
    },
    /** The same at once, whatever else is under way. @throws when the store cannot be asked. */
    async recheck(): Promise<void> {
      await touch(0)
      await ask([...hub.logins.keys()])
    },
    touch,
    /** Looks soon whether this login still holds; many doubts of one turn are one question. */
    doubt({ login }: Connection): void {
      doubted.add(login.login.id)
      if (doubted.size > 1) return
      setImmediate(() => {
        const ids = [...doubted]
        doubted = new Set()
        void touch(0)
          .then(() => check(ids))
          .then(() => Promise.all(ids.map(refresh)))
      })
    },
  }
}
