import { existsSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { checkGiven } from './check.ts'
import { readEnvironment } from './env-layer.ts'
import { ConfigFaults, type Fault, type Place } from './faults.ts'
import type { Given } from './names.ts'
import { isPostgres, type PostgresPlace, readPostgresUrl } from './postgres-url.ts'
import { findings } from './rules.ts'
import { type Settings, schema, settings } from './schema.ts'
import { isPrivate } from './secret-file.ts'
import { readYaml } from './yaml-layer.ts'

/** What the rooms of the house get: plain values, checked. Durations are ms, sizes are bytes, paths are absolute. */
export type Config = Omit<Settings, 'store' | 'bus'> & {
  /** Which of the two databases. */
  readonly store: StorePlace
  readonly bus: { readonly kind: 'local' } | RedisBus
}

/**
 * The address without what is ours in it; `ca` is the file of the authority that vouches for a `rediss:` one. Where there are sentinels its
 * host is the name they have for the master.
 */
export interface RedisBus {
  readonly kind: 'redis'
  readonly url: string
  readonly ca?: string | undefined
  readonly sentinels?: { readonly at: readonly string[]; readonly password?: string | undefined } | undefined
}

export type StorePlace =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly place: PostgresPlace; readonly poolSize: number; readonly statementTimeout: number }

/** The file that a store is in; undefined for one in a database server. */
export const storeFile = (store: StorePlace): string | undefined => (store.kind === 'sqlite' ? store.file : undefined)

/** Where an effective value was written: `default.yaml:12`, `local.yaml:3`, `env PARLEY__SERVER__PORT`. */
export type Origins = ReadonlyMap<string, string>

export interface Reading {
  config: Config
  /** The same before `store`, `bus` and paths were resolved: what `config show` prints. */
  settings: Settings
  origins: Origins
  /** Allowed, but probably not meant. In words. */
  warnings: readonly Fault[]
}

/**
 * The only reader of settings: config/default.yaml, then config/local.yaml, then the environment, each over the one before.
 * @param root the folder that holds config/; relative paths start there. Without a default.yaml of its own the shipped one holds.
 * @throws ConfigFaults with everything that is wrong, in all layers.
 */
export function readConfig({ root, env }: { root: string; env: Readonly<Record<string, string | undefined>> }): Reading {
  const own = join(root, 'config', 'default.yaml')
  const shipped = existsSync(own) ? own : join(import.meta.dirname, '..', '..', 'config', 'default.yaml')
  const local = join(root, 'config', 'local.yaml')
  const layers = [readYaml(shipped, 'config/default.yaml', 'default'), readYaml(local, 'config/local.yaml', 'local'), readEnvironment(env)]
  const given = layers.flatMap((layer) => layer.given)
  const faults = [...layers.flatMap((layer) => layer.faults), ...secretFaults(given, local)]
  const values = new Map<string, unknown>()
  const places = new Map<string, Place>()
  for (const one of given) {
    const checked = checkGiven(one, root)
    if ('fault' in checked) faults.push(checked.fault)
    else values.set(one.key, checked.value)
    places.set(one.key, one.place)
  }

  const missing = [...settings.keys()].filter((key) => !values.has(key))
  const top: Place = { file: 'config/default.yaml', line: 1, column: 1 }
  if (faults.length === 0)
    faults.push(...missing.map((key) => ({ place: top, key, words: 'is missing here, where every setting has its default' })))
  if (missing.length > 0) throw new ConfigFaults(faults)

  const written = nested(values)
  const wrongAlready = new Set(faults.map(({ key }) => key))
  const told = findings(written)
    .filter(({ key }) => !wrongAlready.has(key))
    .map((finding) => ({ ...finding, place: places.get(finding.key) ?? top }))
  faults.push(...told.filter(({ warning }) => !warning))
  if (faults.length > 0) throw new ConfigFaults(faults)
  const origins = new Map([...places].map(([key, place]) => [key, sayOrigin(place)]))
  return { config: resolved(written, root), settings: written, origins, warnings: told }
}

const sayOrigin = (place: Place): string => ('env' in place ? `env ${place.env}` : `${basename(place.file)}:${place.line}`)

/** A secret that stands in a file which others can read, or that is given twice. */
function secretFaults(given: readonly Given[], local: string): Fault[] {
  return given.flatMap((one) => {
    const { place, key, layer, fromFile, value } = one
    if (value === null || settings.get(key)?.secret === undefined) return []
    const twice = given.some((other) => other.layer === layer && other.key === key && other.fromFile !== fromFile && other.value !== null)
    if (twice && fromFile) return [{ place, key, words: 'is given both here and directly' }]
    const open = settings.get(key)?.secret === 'all' || /:\/\/[^/]*@/.test(String(value))
    if (layer === 'local' && !fromFile && open && !isPrivate(statSync(local).mode)) {
      return [{ place, key, words: 'is a secret in a file that others can read: chmod 600 config/local.yaml' }]
    }
    return []
  })
}

/** From `server.port` to `{ server: { port } }`; every key is there and checked, which is what the cast says. */
function nested(values: ReadonlyMap<string, unknown>): Settings {
  const sections: Record<string, unknown> = {}
  for (const [section, inside] of Object.entries(schema)) {
    sections[section] = values.has(section)
      ? values.get(section)
      : Object.fromEntries(Object.keys(inside).map((name) => [name, values.get(`${section}.${name}`)]))
  }
  return sections as Settings
}

function busOf({ url: written, sentinels: at, sentinelPassword: password }: Settings['bus'], root: string): Config['bus'] {
  if (written === 'local') return { kind: 'local' }
  const url = new URL(written)
  const ca = url.searchParams.get('ca')
  url.search = ''
  return { kind: 'redis', url: url.href, ...(ca !== null && { ca: resolve(root, ca) }), ...(at && { sentinels: { at, password } }) }
}

function resolved(written: Settings, root: string): Config {
  const dir = resolve(root, written.data.dir)
  return {
    ...written,
    data: { dir },
    tls: { ...written.tls, dir: resolve(root, written.tls.dir) },
    store: storePlace(written, root, dir),
    bus: busOf(written.bus, root),
  }
}

function storePlace({ store: { url, poolSize, statementTimeout } }: Settings, root: string, dir: string): StorePlace {
  if (!url) return { kind: 'sqlite', file: join(dir, 'parley.db') }
  if (!isPostgres(url)) return { kind: 'sqlite', file: resolve(root, url.replace(/^sqlite:(\/\/(?=\/))?/, '')) }
  const place = readPostgresUrl(url)
  if ('wrong' in place) throw new Error(`store.url ${place.wrong}`)
  const caFile = place.tls?.caFile
  const tls = caFile === undefined ? place.tls : { caFile: resolve(root, caFile) }
  return { kind: 'postgres', place: { ...place, ...(tls && { tls }) }, poolSize, statementTimeout }
}
