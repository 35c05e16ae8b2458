/** Something with one deadline at a time. `slot` belongs to the wheel. */
export interface Wakeable {
  slot: number
  /** Called when its time has come; sets itself again if there is more to wait for. */
  wake(now: number): void
}

const slots = 256
/** ms from one slot to the next. */
export const slotMs = 250
/** ms of waking in one step; the rest comes in the next turn of the loop, after whoever wants to read and write. */
const budget = 4

/**
 * All deadlines of the process on one timer: set and clear are O(1), and ten thousand idle connections cost one
 * interval. Time is monotonic ms, so that a jump of the clock neither kills nor immortalises anyone; what lies
 * beyond the horizon (64 s) wakes early and sets itself again.
 * @param stopwatch ms, to measure how long a step takes.
 */
export function createWheel(monotonic: () => number, stopwatch: () => number = () => performance.now()) {
  const ring: Set<Wakeable>[] = Array.from({ length: slots }, () => new Set())
  let due: Set<Wakeable> = new Set()
  let at = Math.floor(monotonic() / slotMs)
  let timer: NodeJS.Timeout | undefined
  let isRousing = false

  function clear(one: Wakeable): void {
    if (one.slot >= 0) ring[one.slot]?.delete(one)
    due.delete(one)
    one.slot = -1
  }

  /** Wakes whatever is due by now. */
  function turn(): void {
    const target = Math.floor(monotonic() / slotMs)
    for (let steps = 0; at < target && steps < slots; steps++) {
      at = target - at > slots ? target - slots : at + 1
      const here = ring[at % slots] as Set<Wakeable>
      for (const one of here) due.add(one)
      for (const one of here) one.slot = -1
      here.clear()
    }
    if (!isRousing) rouse()
  }

  function rouse(): void {
    const until = stopwatch() + budget
    for (const one of due) {
      due.delete(one)
      one.wake(monotonic())
      if (stopwatch() > until) break
    }
    isRousing = due.size > 0
    if (isRousing) setImmediate(rouse)
  }

  return {
    /** @param when monotonic ms */
    set(one: Wakeable, when: number): void {
      clear(one)
      const ahead = Math.min(Math.max(1, Math.ceil(when / slotMs) - at), slots - 1)
      one.slot = (at + ahead) % slots
      ring[one.slot]?.add(one)
    },
    clear,
    turn,
    start(): void {
      timer ??= setInterval(turn, slotMs)
    },
    stop(): void {
      clearInterval(timer)
      timer = undefined
      due = new Set()
    },
  }
}

export type Wheel = ReturnType<typeof createWheel>
