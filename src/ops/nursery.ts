import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

/** What there is of it, and all that this thread has ever allocated, both in bytes. */
interface Seen {
  size: number
  allocated: number
}

/** ms between two looks. V8 looks back over five seconds before it takes a process for a quiet one: the third time it believes it. */
const every = 3000
/** bytes allocated from one look to the next in quiet times. V8's own bound is a megabyte a second, as it counts: this asks it a little too often. */
const quiet = 6_000_000
/** bytes of a nursery that are worth nothing to anybody. */
const small = 4_000_000

/**
 * The wide nursery (src/launch/flags.cjs) grows while people come and talk, to 128 MB at the most. V8 makes it small again when it collects it
 * in quiet times; but in quiet times nothing fills it, and so it stays as it is. So it is collected when nobody needs it, in some 5 ms
 * (`npm run bench -- idle-2500 --measure 18 --beside` one without it). Ten thousand who only answer pings come near V8's bound.
 * @param collect collects the young only; undefined in a Node that was started without `--expose-gc`, which keeps what it has.
 */
export function tendNursery(collect: (() => void) | undefined = globalThis.gc && sweepUp, look: () => Seen = seen) {
  let before = look().allocated
  function tend(): void {
    const { size, allocated } = look()
    if (allocated - before < quiet && size > small) collect?.()
    before = allocated
  }
  const timer = collect && setInterval(tend, every).unref()
  return { tend, stop: () => clearInterval(timer) }
}

const sweepUp = (): void => void globalThis.gc?.({ type: 'minor', execution: 'sync' })

const seen = (): Seen => ({
  size: getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')?.space_size ?? 0,
  allocated: getHeapStatistics().total_allocated_bytes,
})
