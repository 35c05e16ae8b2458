import { getPriority, setPriority } from 'node:os'

/** Steps of `nice`. With ten instead of five it is the same, or a little worse. */
const steps = 5

/**
 * The calling thread stands behind the event loop. Where they share a core, the loop takes in all that has come before the next commit
 * begins, so that more posts share one, and is not held up in the middle of a turn by what could wait: CPU a post −6 % in `posts-1`, −8 % in
 * `many-rooms`; p99 of a turn of `posts-20` 10 ms for 26 (`npm run bench -- posts-20 --beside` one without it; docs/performance.md).
 * With a core for each nothing changes.
 */
export function standBehind(): void {
  if (process.platform !== 'linux') return // elsewhere the whole process would be meant
  try {
    setPriority(Math.min(19, getPriority() + steps))
  } catch {
    // Where that is not allowed it works at the rank of the loop.
  }
}
