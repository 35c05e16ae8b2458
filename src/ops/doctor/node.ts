import { fault, good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** The first of the line with the security fixes of October 2026, as src/launch/node.cjs has it. */
const fixed = [26, 12, 1]

export const nodeCheck: Check = {
  ids: ['D-NODE'],
  at: 'home',
  look({ instruments: { node } }) {
    const version = node.split('.').map(Number)
    const at = fixed.findIndex((part, i) => part !== version[i])
    const isOlder = at !== -1 && (version[at] ?? 0) < (fixed[at] ?? 0)
    const fix = `# an official Node ${fixed.join('.')} or newer: https://nodejs.org`
    if ((version[0] ?? 0) < 24) return [fault('D-NODE', `Node ${node} lacks what Parley needs.`, fix)]
    if (isOlder) return [warning('D-NODE', `Node ${node} lacks published security fixes.`, fix)]
    return [good('D-NODE', `Node ${node} is new enough.`)]
  },
}
