import type { LandedNews } from '../bus/bus.ts'
import type { RoomEvent } from '../protocol/events.ts'
import type { Audience } from './audience.ts'
import type { Hub } from './hub.ts'

/** The next events of a room, as the store has them, and how many messages there are up to the last of them. */
export type ReadOn = (room: string, after: number) => Promise<{ events: RoomEvent[]; n: number }>

interface Deps {
  hub: Pick<Hub, 'audiences' | 'land'>
  readOn: ReadOn
  failed: (error: unknown) => void
  missed: () => void
}
interface Hole {
  /** Heard too early. */
  waiting: LandedNews[]
  /** The store has the room up to here, as somebody said. */
  upTo: number
}

/** ms that a hole stays open for what is on its way already: two nodes wrote into one room, and the later news came first. */
const patience = 15
/** News that wait behind one hole; the rest is read from the store with it. */
const mostWaiting = 32
/** Rooms that are read from the store at a time. */
const atOnce = 8

/**
 * News of rooms come from this node and from others, on roads that lose, double and overtake. Here each room's go on by exactly one,
 * once: what was heard already is dropped, and what is missing is read from the store.
 */
export function createOrder({ hub, readOn, failed, missed }: Deps) {
  const holes = new Map<Audience, Hole>()
  const queue: Audience[] = []
  let filling = 0

  function hear(landed: LandedNews): void {
    const there = hub.audiences.get(landed.room)
    if (!there) return hub.land(landed) // nobody of it is here, but somebody may just have joined
    if (there.last < 0 && there.opening.size > 0) return miss(there, landed)
    if (landed.last <= there.last) return
    if (!follows(there, landed)) return miss(there, landed)
    hub.land(there.last < 0 ? landed : after(landed, there.last))
    if (holes.has(there)) goOn(there)
  }

  function miss(there: Audience, landed: LandedNews): void {
    const hole = holes.get(there) ?? { waiting: [], upTo: 0 }
    hole.upTo = Math.max(hole.upTo, landed.last)
    if (landed.events.length > 0 && hole.waiting.length < mostWaiting) hole.waiting.push(landed)
    if (holes.has(there)) return
    holes.set(there, hole)
    setTimeout(() => {
      if (!holes.has(there)) return
      queue.push(there)
      next()
    }, patience)
  }

  /** What waited and fits now. */
  function goOn(there: Audience): void {
    const hole = holes.get(there)
    if (!hole) return
    for (let found = true; found; ) {
      hole.waiting = hole.waiting.filter(({ last }) => last > there.last)
      const fits = hole.waiting.find((landed) => follows(there, landed))
      if (fits) hub.land(after(fits, there.last))
      found = fits !== undefined
    }
    if (there.last >= hole.upTo) holes.delete(there)
  }

  function next(): void {
    while (filling < atOnce && queue.length > 0) {
      const there = queue.shift() as Audience
      const hole = holes.get(there)
      filling++
      void fill(there)
        .catch(failed) // whoever looks at the heads next will find it again
        .finally(() => {
          if (holes.get(there) === hole) holes.delete(there) // another one has a look of its own before it
          filling--
          next()
        })
    }
  }

  async function fill(there: Audience): Promise<void> {
    for (let hole = holes.get(there); hole && isHere(there) && there.last < hole.upTo; hole = holes.get(there)) {
      if (there.last < 0) return
      missed()
      const { events, n } = await readOn(there.room, there.last)
      const fresh = events.filter(({ seq }) => seq > there.last)
      if (!isHere(there) || fresh.length === 0) return
      hub.land({ room: there.room, last: fresh.at(-1)?.seq ?? 0, n, events: fresh })
      goOn(there)
    }
  }

  const isHere = (there: Audience): boolean => hub.audiences.get(there.room) === there

  return {
    hear,
    /** Somebody has read how far a room has come. */
    reached({ room, last, n }: { room: string; last: number; n: number }): void {
      const there = hub.audiences.get(room)
      if (!there || last <= there.last) return
      if (there.last >= 0) return miss(there, { room, last, n, events: [] })
      Object.assign(there, { last, n })
      setImmediate(goOn, there) // whoever has just read a page gets it before what follows it
    },
  }
}

export type Order = ReturnType<typeof createOrder>

/** Whether it has the event that comes next, and everything up to its end. */
function follows(there: Audience, { last, events }: LandedNews): boolean {
  const first = events[0]?.seq ?? last + 1
  const isWhole = events.length === last - first + 1 && events.at(-1)?.seq === last
  return isWhole && (there.last < 0 || first <= there.last + 1)
}

function after(landed: LandedNews, seq: number): LandedNews {
  return (landed.events[0]?.seq ?? 0) > seq ? landed : { ...landed, events: landed.events.filter((event) => event.seq > seq) }
}
