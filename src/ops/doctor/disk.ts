import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { storeFile } from '../../config.ts'
import { codeOf, fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'

const mib = 1_048_576
/** Bytes: below the first nothing more may be written soon, below the second it is time to look. */
const [least, few] = [100 * mib, 1024 * mib]

export const diskCheck: Check = {
  ids: ['D-DISK'],
  at: 'home',
  async look({ config: { store, data }, instruments }) {
    const file = storeFile(store)
    const dir = nearestFolder(file === undefined ? data.dir : dirname(file))
    try {
      const { free } = await instruments.space(dir)
      const left = `${Math.floor(free / mib)} MiB are free where ${file === undefined ? 'Parley keeps its files' : 'the store is'} (${dir})`
      const fix = `du -xh --max-depth=2 '${dir}' | sort -h | tail`
      if (free < least) return [fault('D-DISK', `Only ${left}: soon nothing can be written.`, fix)]
      if (free < few) return [warning('D-DISK', `${left}.`, fix)]
      return [good('D-DISK', `${left}.`)]
    } catch (error) {
      return [warning('D-DISK', `How much room is left in ${dir} cannot be told (${codeOf(error)}).`)]
    }
  },
}

/** Before the first start the folder is not there yet. */
export function nearestFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestFolder(dirname(path))
}
