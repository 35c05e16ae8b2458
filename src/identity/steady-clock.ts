interface Sources {
  /** The clock of the machine, ms since 1970: anybody may set it. */
  wall: () => number
  /** ms that only ever pass; while the machine sleeps they may stand still. */
  monotonic: () => number
  /** ms since the machine was started, its sleep included. */
  uptime: () => number
}

export interface SteadyClock {
  /** ms since 1970. */
  now: () => number
  /** ms by which the machine's clock is ahead of it. */
  ahead: () => number
}

/** ms after the start of the machine in which a jump is believed: one without a clock of its own learns the time only then. */
const settling = 600_000
/** ms by which a clock may be corrected without anybody asking why. */
const jump = 1_000
/** How much faster or slower time may pass to catch up with the machine's clock. */
const catchUp = 0.01

/**
 * Time for everything that expires. A machine's clock that is set a day ahead would sign everyone out, and one that is set back would let
 * every login and token live a day longer: so time passes as it really does and follows the machine's clock by a hundredth of it at most,
 * but for the time in which the machine slept. A new start believes the machine again.
 */
export function createSteadyClock({ wall, monotonic, uptime }: Sources): SteadyClock {
  const began = monotonic()
  let seen = began
  let shown = wall()
  let asleep = uptime() - began
  const believedUntil = began + settling - uptime()
  let askedAt = began

  /** ms that the machine has slept since this was last asked; asked once a second, since it costs reading a file. */
  function slept(): number {
    if (seen - askedAt < jump) return 0
    askedAt = seen
    const before = asleep
    asleep = uptime() - seen
    return asleep - before > jump ? asleep - before : 0
  }

  const ahead = () => wall() - shown

  function now(): number {
    const passed = Math.max(0, monotonic() - seen)
    if (passed === 0 && seen >= believedUntil) return Math.floor(shown)
    seen += passed
    shown += passed
    if (seen < believedUntil) shown = Math.max(shown, wall())
    if (ahead() > jump) shown += Math.min(slept(), ahead())
    shown += Math.max(-passed * catchUp, Math.min(ahead(), passed * catchUp))
    return Math.floor(shown)
  }

  return { now, ahead }
}
