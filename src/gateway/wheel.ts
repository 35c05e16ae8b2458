/** A place in a circle of those that are due at the same time; out of all of them, both are undefined. They belong to the wheel. */
export interface Place {
  before: Place | undefined
  after: Place | undefined
}

/** For whoever waits for nothing yet. */
export const nowhere: Readonly<Place> = { before: undefined, after: undefined }

/** Something with one deadline at a time. */
export interface Wakeable extends Place {
  /** Called when its time has come; sets itself again if there is more to wait for. */
  wake(now: number): void
}

const slots = 256
/** ms from one slot to the next. */
export const slotMs = 250
/** ms of waking in one step; the rest comes in the next turn of the loop, after whoever wants to read and write. */
const budget = 2

/** A circle in which nobody is yet. */
function circle(): Place {
  const head: Place = { before: undefined, after: undefined }
  head.before = head.after = head
  return head
}

/** All who are between these two come before `head`, behind those who are there. */
function join(first: Place, last: Place, head: Place): void {
  const end = head.before as Place
  first.before = end
  last.after = head
  end.after = first
  head.before = last
}

function clear(one: Place): void {
  const { before, after } = one
  if (!before || !after) return
  before.after = after
  after.before = before
  one.before = one.after = undefined
}

/**
 * All deadlines of the process on one timer: set and clear are O(1) and allocate nothing, and ten thousand idle connections cost one
 * interval. Time is monotonic ms, so that a jump of the clock neither kills nor immortalises anyone; what lies
 * beyond the horizon (64 s) wakes early and sets itself again.
 * @param stopwatch ms, to measure how long a step takes.
 */
export function createWheel(monotonic: () => number, stopwatch: () => number = () => performance.now()) {
  const ring = Array.from({ length: slots }, circle)
  let due = circle()
  let at = Math.floor(monotonic() / slotMs)
  let timer: NodeJS.Timeout | undefined
  let isRousing = false

  /** Wakes whatever is due by now. */
  function turn(): void {
    const target = Math.floor(monotonic() / slotMs)
    for (let steps = 0; at < target && steps < slots; steps++) {
      at = target - at > slots ? target - slots : at + 1
      const head = ring[at % slots] as Place
      const { before: last, after: first } = head
      if (!first || !last || first === head) continue
      head.before = head.after = head
      join(first, last, due)
    }
    if (!isRousing) rouse()
  }

  function rouse(): void {
    const until = stopwatch() + budget
    for (let one = due.after as Wakeable; one !== due; one = due.after as Wakeable) {
      clear(one)
      one.wake(monotonic())
      if (stopwatch() > until) break
    }
    isRousing = due.after !== due
    if (isRousing) setImmediate(rouse)
  }

  return {
    /** @param when monotonic ms */
    set(one: Wakeable, when: number): void {
      clear(one)
      const ahead = Math.min(Math.max(1, Math.ceil(when / slotMs) - at), slots - 1)
      join(one, one, ring[(at + ahead) % slots] as Place)
    },
    clear,
    isSet: (one: Wakeable) => one.after !== undefined,
    turn,
    start(): void {
      timer ??= setInterval(turn, slotMs)
    },
    stop(): void {
      clearInterval(timer)
      timer = undefined
      due = circle()
    },
  }
}

export type Wheel = ReturnType<typeof createWheel>
