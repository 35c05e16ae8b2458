import type { Logger } from 'pino'
import type { Clock, House } from './house.ts'

interface Deps {
  house: Pick<House, 'logins' | 'tokens' | 'webSessions' | 'invites' | 'keys' | 'sweepTallies'>
  clock: Clock
  log: Logger
  /** Done first, each time. */
  also: () => void
}

/** ms. */
const every = 60_000
/** ms that the machine's clock may be off before somebody should look. */
const strangeClock = 60_000

/** Once a minute: what has expired is swept away, the clock is looked at. */
export function keepHouse({ house, clock, log, also }: Deps) {
  let failed = false

  function lookAtClock(): void {
    const ahead = Math.round(clock.ahead?.() ?? 0)
    if (Math.abs(ahead) > strangeClock)
      log.error(
        { event: 'sys_clock_jumped', ahead },
        'The clock of this machine was set. Parley follows it slowly, so that nobody is signed out; if the clock is right now, start Parley again',
      )
  }

  async function sweep(): Promise<void> {
    also()
    lookAtClock()
    const { logins, tokens, webSessions, invites, keys } = house
    try {
      await Promise.all([...[logins, tokens, webSessions, invites, keys].map((one) => one.sweep()), house.sweepTallies()])
      failed = false
    } catch (error) {
      failed = true
      log.error({ event: 'sweep_failed', err: error }, 'What has expired could not be swept away')
    }
  }

  const timer = setInterval(() => void sweep(), every)
  return {
    /** The store could not be swept the last time. */
    hasFailed: () => failed,
    stop: () => clearInterval(timer),
  }
}
