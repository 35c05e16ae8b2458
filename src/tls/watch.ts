import { type FSWatcher, watch } from 'node:fs'

/** Runs `act` in `ms`; returns how to call it off. */
export type After = (ms: number, act: () => void) => () => void

/** ms between two rounds: network drives tell of nothing, nor does a link to a file elsewhere whose target is written. */
const roundMs = 60_000
/** ms between two rounds while there is no watch: the folder may be gone for the moment between two renames. */
const blindRoundMs = 5_000
/** ms from the first event to the look, so that a burst of them costs one. Not begun anew by each: a busy folder is looked at too. */
const settleMs = 200

/**
 * Calls `onStir` soon after something happened in a directory, and every minute anyway. The directory is watched, not the
 * files: those are replaced by renaming or behind a symbolic link, and a watch on a file dies with the first of them.
 * @param onBlind the system gives no watch; only the rounds are left. Told once until it does again.
 */
export function watchDirectory({
  dir,
  onStir,
  onBlind,
  after,
}: {
  dir: string
  onStir: () => void
  onBlind: (error: unknown) => void
  after: After
}) {
  let watcher: FSWatcher | undefined
  let isBlind = false
  let callOffLook: (() => void) | undefined
  let callOffRound: (() => void) | undefined

  /** Always a new one: behind the same path, and even the same inode number, there may be another directory by now. */
  function arm(): void {
    watcher?.close()
    try {
      watcher = watch(dir, { persistent: false }, stir).on('error', blind)
      isBlind = false
      nextRound(roundMs)
    } catch (error) {
      blind(error)
    }
  }

  function blind(error: unknown): void {
    watcher?.close()
    watcher = undefined
    if (!isBlind) onBlind(error)
    isBlind = true
    nextRound(blindRoundMs)
  }

  function nextRound(ms: number): void {
    callOffRound?.()
    callOffRound = after(ms, look)
  }

  function stir(): void {
    callOffLook ??= after(settleMs, look)
  }

  /** First listen, then look: what happens in between is not lost. */
  function look(): void {
    callOffLook?.()
    callOffLook = undefined
    arm()
    onStir()
  }

  arm()
  return {
    close(): void {
      callOffLook?.()
      callOffRound?.()
      watcher?.close()
    },
  }
}

/** Real time; keeps no process alive. */
export const afterReal: After = (ms, act) => {
  const timer = setTimeout(act, ms).unref()
  return () => clearTimeout(timer)
}
