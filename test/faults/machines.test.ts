import { crashes } from './kinds/crashes.ts'
import { machine } from './kinds/machine.ts'
import { operator } from './kinds/operator.ts'
import { playShort } from './short.ts'

/** Those that take long, and have tests of their own. */
const elsewhere = new Set(['rival', 'restore', 'kill-at-start', 'kill-index'])

const names = [...Object.keys(crashes), ...Object.keys(machine), ...Object.keys(operator)]
playShort(
  'harm to processes and disks',
  'sqlite',
  names.filter((name) => !elsewhere.has(name)),
)
