import { basename } from 'node:path'
import { after } from 'node:test'
import { isMainThread } from 'node:worker_threads'

/*
 * Loaded before each file of tests, so that none can hang the run: neither a test that waits for what never comes, nor one that has
 * passed but left a socket or a timer behind. Both end the file as a failure, with what was still open.
 */

/** ms for a whole file; PARLEY_PATIENCE=5 waits five times as long for what does five times as much. */
const longest = 240_000 * Number(process.env.PARLEY_PATIENCE ?? 1)
/** ms after the last test in which everything has to be closed. */
const closing = 10_000

function giveUp(why: string): void {
  process.stderr.write(`${why}; still open: ${process.getActiveResourcesInfo().join(', ')}\n`)
  process.exit(1)
}

// Servers that a test starts inherit this file; they are not tests.
if (isMainThread && /\.test\.tsx?$/.test(basename(process.argv[1] ?? ''))) {
  setTimeout(giveUp, longest, `not done after ${longest / 1000} s`).unref()
  // A timer that keeps nothing alive fires only if something else does.
  after(() => void setTimeout(giveUp, closing, 'all tests have ended, but not the process').unref())
}
