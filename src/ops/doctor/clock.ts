import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { storeFile } from '../../config.ts'
import { type Finding, fault, good, warning } from './finding.ts'
import type { Check, Patient } from './patient.ts'

/** ms: what files may be ahead, how long two clocks are compared, how far they may part meanwhile. */
const [ahead, watched, apart] = [60_000, 200, 100]
/** This version was made then; no right clock shows an earlier time. */
const made = Date.UTC(2026, 9, 1)

/** Sign-ins, tokens and certificates all go by the clock. */
export const clockCheck: Check = {
  ids: ['D-CLOCK'],
  at: 'home',
  async look(patient) {
    const { now, monotonic } = patient.instruments
    const at = now()
    if (at < made) return [fault('D-CLOCK', `The clock of this machine says ${iso(at)}, which is past.`, setIt)]
    const newest = newestFile(patient)
    if (newest && newest.at > at + ahead)
      return [fault('D-CLOCK', `${newest.path} was written at ${iso(newest.at)}, but the clock says ${iso(at)}: it was set back.`, setIt)]
    return [await compare(now, monotonic)]
  },
}

async function compare(now: () => number, monotonic: () => number): Promise<Finding> {
  const [wall, steady] = [now(), monotonic()]
  await pause(watched)
  const drift = now() - wall - (monotonic() - steady)
  return Math.abs(drift) > apart
    ? warning('D-CLOCK', `The clock jumped by ${Math.round(drift)} ms within ${watched} ms: something sets it again and again.`, setIt)
    : good('D-CLOCK', 'The clock goes on evenly, and no file is from the future.')
}

const setIt = 'sudo timedatectl set-ntp true && timedatectl'

function newestFile({ config: { data, store } }: Patient): { path: string; at: number } | undefined {
  const file = storeFile(store)
  const paths = [...(file === undefined ? [] : [file, `${file}-wal`]), join(data.dir, 'master.key'), join(data.dir, 'parley.pid')]
  const found = paths.flatMap((path) => {
    const stats = statSync(path, { throwIfNoEntry: false })
    return stats ? [{ path, at: stats.mtimeMs }] : []
  })
  return found.sort((a, b) => b.at - a.at)[0]
}

const iso = (ms: number): string => new Date(ms).toISOString()
