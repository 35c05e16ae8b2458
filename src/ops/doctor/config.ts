import { sayFault } from '../../config.ts'
import { good, warning } from './finding.ts'
import type { Check } from './patient.ts'

/** Faults end the look before it begins; what is left is allowed, but probably not meant. */
export const configCheck: Check = {
  ids: ['D-CONFIG'],
  at: 'home',
  look: ({ warnings }) =>
    warnings.length === 0
      ? [good('D-CONFIG', 'The configuration is good.')]
      : warnings.map((one) => warning('D-CONFIG', `${sayFault(one)}.`.replace(/\.\.$/, '.'), 'parley config show')),
}
