import { type Fault, nearest, type Place } from './faults.ts'
import { settings } from './schema.ts'

/** A value that somebody wrote down, not yet checked. `fromFile`: it names the file that holds the secret. */
export interface Given {
  key: string
  value: unknown
  place: Place
  layer: 'default' | 'local' | 'env'
  fromFile: boolean
}

export const sections: ReadonlyMap<string, readonly string[]> = Map.groupBy(
  [...settings.keys()].filter((key) => key.includes('.')),
  (key) => key.slice(0, key.indexOf('.')),
)

const lone = [...settings.keys()].filter((key) => !key.includes('.'))
const afterDot = (key: string) => key.slice(key.indexOf('.') + 1)

/** Finds what a dotted name means, in any case; a secret has a second name that ends in `File`. */
export function lookUp(written: string, fileSuffix: 'File' | '_file'): { key: string; fromFile: boolean } | undefined {
  const wanted = written.toLowerCase()
  for (const [key, { secret }] of settings) {
    if (key.toLowerCase() === wanted) return { key, fromFile: false }
    if (secret && `${key}${fileSuffix}`.toLowerCase() === wanted) return { key, fromFile: true }
  }
  return undefined
}

/** The fault of a name that means nothing: what may have been meant, and what stands there otherwise. */
export function unknownName(written: string, place: Place): Fault {
  const [section = '', name] = written.split('.')
  const inside = sections.get(section.toLowerCase())
  if (inside && name !== undefined) {
    const names = inside.map(afterDot)
    const suggestion = nearest(name, names) ?? elsewhere(name)
    return { place, key: written, words: 'unknown setting', ...(suggestion && { suggestion }), allowed: some(names) }
  }
  const top = [...sections.keys(), ...lone]
  const suggestion = elsewhere(name ?? section) ?? nearest(section, top)
  return {
    place,
    key: written,
    words: name === undefined ? 'unknown setting' : 'unknown section',
    ...(suggestion && { suggestion }),
    allowed: some(top),
  }
}

/** A name put into the wrong section: `port` → `server.port`. */
export const elsewhere = (name: string): string | undefined =>
  [...settings.keys()].find((key) => afterDot(key).toLowerCase() === name.toLowerCase())

const some = (names: readonly string[]): string => (names.length > 16 ? `${names.slice(0, 16).join(', ')}, …` : names.join(', '))
