import { ConfigFaults, type Fault, sayFault } from './faults.ts'
import { type Origins, type Reading, readConfig } from './read.ts'
import { settings } from './schema.ts'

/** One line of `config show`. */
export interface Described {
  key: string
  /** As one would write it; of a secret only whether there is one. */
  value: string
  /** `default.yaml:12`, `local.yaml:3` or `env NAME`. */
  origin: string
  doc: string
  allowed: string
  restart: boolean
}

/** Every effective value with where it comes from, secrets masked. */
export function describeConfig({ settings: values, origins }: { settings: object; origins: Origins }): Described[] {
  return [...settings].map(([key, { kind, doc, restart, secret }]) => {
    const value = valueUnder(values, key)
    const said = value === undefined ? '' : (kind.say ?? String)(value)
    return { key, value: secret && said ? masked(said, secret) : said, origin: origins.get(key) ?? '', doc, allowed: kind.allowed, restart }
  })
}

/** `config check`: words for people, the same as data for programs. Reads everything and starts nothing. */
export function checkConfig(where: Parameters<typeof readConfig>[0]): {
  ok: boolean
  text: string
  faults: readonly Fault[]
  warnings: readonly Fault[]
} {
  try {
    const { warnings } = readConfig(where)
    const text =
      warnings.length === 0 ? 'The configuration is good.' : `The configuration holds. Look at:\n${warnings.map(sayFault).join('\n')}`
    return { ok: true, text, faults: [], warnings }
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error
    return { ok: false, text: error.message, faults: error.faults, warnings: [] }
  }
}

/** What a reload changes, and which of that waits for a restart. */
export function compareConfigs(before: Reading['settings'], after: Reading['settings']): { changed: string[]; restart: string[] } {
  const changed = [...settings.keys()].filter((key) => JSON.stringify(valueUnder(before, key)) !== JSON.stringify(valueUnder(after, key)))
  return { changed, restart: changed.filter((key) => settings.get(key)?.restart) }
}

function valueUnder(values: object, key: string): unknown {
  return key
    .split('.')
    .reduce((inside: unknown, name) => (typeof inside === 'object' && inside !== null ? Reflect.get(inside, name) : undefined), values)
}

const masked = (value: string, secret: 'all' | 'password'): string => (secret === 'all' ? '********' : withoutUser(value))

/** Up to the last @: a password that was not escaped may hold others. */
function withoutUser(address: string): string {
  const [from, to] = [address.indexOf('://'), address.lastIndexOf('@')]
  return from >= 0 && to > from ? `${address.slice(0, from)}://********${address.slice(to)}` : address
}
