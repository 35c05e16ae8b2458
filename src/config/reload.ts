import type { Config } from './read.ts'
import { settings } from './schema.ts'

/**
 * What holds when a running server has read its configuration again: of what needs a restart, the values it began with. A folder of
 * data that changed underneath would be half in use.
 */
export function withoutRestart(inForce: Config, next: Config): Config {
  const sections = Object.entries(inForce).map(([section, inside]): [string, unknown] => {
    const fresh: unknown = Reflect.get(next, section)
    if (settings.has(section)) return [section, settings.get(section)?.restart ? inside : fresh]
    return [section, merged(section, inside, fresh)]
  })
  return Object.fromEntries(sections) as Config
}

/** What is in a section and no setting was made from settings that need a restart. */
function merged(section: string, inside: object | string, fresh: unknown): unknown {
  if (typeof inside !== 'object' || typeof fresh !== 'object' || fresh === null) return inside
  const isLive = (name: string) => settings.get(`${section}.${name}`)?.restart === false
  return Object.fromEntries(Object.entries(inside).map(([name, value]) => [name, isLive(name) ? Reflect.get(fresh, name) : value]))
}
