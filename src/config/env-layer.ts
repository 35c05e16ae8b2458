import type { Fault } from './faults.ts'
import { type Given, lookUp, unknownName } from './names.ts'

const prefix = 'parley__'

/** The variable that sets it, as one would write it: `server.port` → `PARLEY__SERVER__PORT`. */
export const variableOf = (key: string): string => `${prefix}${key.replaceAll('.', '__')}`.toUpperCase()

/**
 * Reads `PARLEY__SECTION__KEY`, in any case; a secret may come as `PARLEY__SECTION__KEY_FILE`. Empty is the same as nothing, and of a file
 * as no such variable.
 */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): { given: Given[]; faults: Fault[] } {
  const given: Given[] = []
  const faults: Fault[] = []
  for (const [name, written] of Object.entries(env)) {
    if (written === undefined || !name.toLowerCase().startsWith(prefix)) continue
    const place = { env: name }
    const path = name.slice(prefix.length).toLowerCase().replaceAll('__', '.')
    const found = lookUp(path, '_file')
    if (found?.fromFile && plain(written) === null) continue // it takes nothing away from what was given directly
    if (!found) faults.push(unknownName(path, place))
    else if (given.some(({ key, fromFile }) => key === found.key && fromFile === found.fromFile)) {
      faults.push({ place, key: found.key, words: 'set twice in the environment, in different spelling' })
    } else given.push({ ...found, value: plain(written), place, layer: 'env' })
  }
  return { given, faults }
}

function plain(written: string): unknown {
  const value = written.trim()
  if (value === '') return null
  if (!value.startsWith('[')) return value
  try {
    return JSON.parse(value)
  } catch {
    return value // an IPv6 address, or a list that is not JSON: its kind says so
  }
}
