import { AsyncLocalStorage } from 'node:async_hooks'
import { Refusal } from '../protocol/codes.ts'
import type { Append, Entry, Landed, Outcome } from './append.ts'
import { causeOf } from './cause.ts'
import { countPosts, noMeter, type Query, type StoreMeter } from './meter.ts'
import type { Written } from './scribe.ts'

export interface Waiting {
  entry: Entry
  /** `performance.now()` at which it was taken up. */
  at: number
  resolve: (outcome: Outcome) => void
  reject: (error: Error) => void
}

/** Entries in one commit at most: above it a commit only gets longer, not cheaper. */
const batchBound = 256
/** Characters of text in it, after which no other entry is taken: what lands in a room by one commit goes to each of its readers in one frame. */
const batchChars = 512 * 1024

/**
 * The one way to what writes, one batch at a time. Entries that come while a commit flies share the next; other work (transactions of
 * many steps, in SQLite) has the writer to itself. The two take turns, so that neither starves the other.
 * @param say hears of each batch, and why it failed or one of its entries did.
 */
export function createWriteQueue(
  write: (entries: Entry[]) => Promise<Written>,
  meter: StoreMeter = noMeter,
  say: (query: Query) => void = () => undefined,
): Append & { exclusive<T>(work: () => Promise<T>): Promise<T>; idle(): Promise<void> } {
  const entries: Waiting[] = []
  const works: (() => Promise<void>)[] = []
  const listeners: ((landed: Landed[]) => void)[] = []
  // A batch is of many who ask: what is said of it must not bear the id of one of their requests.
  const ofNobody = AsyncLocalStorage.snapshot()
  let busy = false
  let wasWork = false
  let armed = false
  let whenIdle: (() => void)[] = []

  function next(): void {
    if (busy) return
    const work = wasWork && entries.length > 0 ? undefined : works.shift()
    wasWork = work !== undefined
    if (work) return occupy(work)
    if (entries.length > 0) return occupy(commit)
    for (const tell of whenIdle) tell()
    whenIdle = []
  }

  function occupy(work: () => Promise<void>): void {
    busy = true
    void work().finally(() => {
      busy = false
      next()
    })
  }

  async function commit(): Promise<void> {
    const batch = entries.splice(0, together(entries))
    const begunAt = performance.now()
    let written: Written
    try {
      written = await write(batch.map(({ entry }) => entry))
    } catch (error) {
      const refusal = new Refusal('unavailable', undefined, { cause: error })
      for (const { reject } of batch) reject(refusal)
      ofNobody(say, { text: 'append', ms: performance.now() - begunAt, error: causeOf(error) })
      return
    }
    // The next commit starts before this one is told about, and is told about after it: order holds, the disk never waits.
    setImmediate(tell, batch, written, begunAt, performance.now())
  }

  function tell(batch: Waiting[], { outcomes, landed, fault }: Written, begunAt: number, doneAt: number): void {
    if (landed.length > 0) for (const listener of listeners) listener(landed)
    const { posts, full, broken } = countPosts(batch, outcomes)
    for (let i = 0; i < full; i++) meter.failed('full', 'writer')
    for (let i = 0; i < broken; i++) meter.failed('other', 'writer')
    meter.committed({ writes: batch.length, acceptedAt: batch[0]?.at ?? begunAt, begunAt, doneAt, landed, posts })
    ofNobody(say, { text: 'append', ms: doneAt - begunAt, ...(fault && { error: fault }) })
    batch.forEach(({ resolve }, i) => {
      resolve(outcomes[i] as Outcome)
    })
  }

  return {
    append: (entry) =>
      new Promise((resolve, reject) => {
        entries.push({ entry, at: performance.now(), resolve, reject })
        if (busy || armed) return
        armed = true
        // All that came in this turn of the loop goes together.
        setImmediate(() => {
          armed = false
          next()
        })
      }),
    onLanded: (listener) => void listeners.push(listener),
    exclusive: (work) =>
      new Promise((resolve, reject) => {
        works.push(() => work().then(resolve, reject))
        next()
      }),
    idle: () =>
      new Promise((resolve) => {
        whenIdle.push(resolve)
        if (!armed) next()
      }),
  }
}

/** How many of those who wait share the next commit. */
function together(entries: readonly Waiting[]): number {
  let chars = 0
  let count = 0
  for (; count < Math.min(entries.length, batchBound) && chars < batchChars; count++) {
    const { do: act } = (entries[count] as Waiting).entry
    if ('text' in act) chars += act.text.length
  }
  return count
}

export type WriteQueue = ReturnType<typeof createWriteQueue>
