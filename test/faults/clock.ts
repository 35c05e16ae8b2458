import { globSync } from 'node:fs'
import { join } from 'node:path'

/** What says how far a clock is off, in the folder of a node. */
export const clockFile = (folder: string): string => join(folder, 'clock')

const library = globSync('/usr/lib/*/faketime/libfaketimeMT.so.1')[0]

/** Another clock, for a process and all that it asks the system for. */
const faketime = (folder: string) => ({
  LD_PRELOAD: library ?? '',
  FAKETIME_TIMESTAMP_FILE: clockFile(folder),
  FAKETIME_DONT_FAKE_MONOTONIC: '1',
  FAKETIME_CACHE_DURATION: '1',
})

/** Where faketime is not there: the same for what asks in JavaScript, which is everything in Parley but its database. */
const ownClock = (folder: string) => ({
  NODE_OPTIONS: `--import=${import.meta.resolve('./own-clock.mjs')}`,
  FAKETIME_TIMESTAMP_FILE: clockFile(folder),
})

export const clockOf = (folder: string): Record<string, string> => (library === undefined ? ownClock(folder) : faketime(folder))
