import { readFileSync } from 'node:fs'
import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml'
import type { Fault, Place } from './faults.ts'
import { type Given, lookUp, sections, unknownName } from './names.ts'

const largest = 1_048_576

/**
 * Reads one file of config/. A file that is not there is empty.
 * @param file where it is.
 * @param name how faults name it: `config/local.yaml`.
 */
export function readYaml(file: string, name: string, layer: 'default' | 'local'): { given: Given[]; faults: Fault[] } {
  const source = readText(file)
  if (source === undefined) return { given: [], faults: [] }
  if (source.length > largest)
    return { given: [], faults: [{ place: { file: name, line: 1, column: 1 }, key: '', words: 'longer than 1 MiB' }] }
  const lines = new LineCounter()
  const document = parseDocument(source, { lineCounter: lines, prettyErrors: false, merge: false, uniqueKeys: true })
  const at = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { file: name, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const given: Given[] = []
  const faults: Fault[] = document.errors.map(({ pos, message }) => ({
    place: at(pos[0]),
    key: '',
    words: `not YAML: ${message.split('\n')[0]}`,
  }))
  if (faults.length > 0) return { given, faults }

  const place = (node: unknown) => at((isNode(node) && node.range?.[0]) || 0)
  const nameOf = (pair: Pair) => String(isScalar(pair.key) ? pair.key.value : pair.key)

  function take(path: string, pair: Pair) {
    const found = lookUp(path, 'File')
    if (!found) return void faults.push(unknownName(path, place(pair.key)))
    const value = isNode(pair.value) ? plain(pair.value) : pair.value
    given.push({ ...found, value, place: place(pair.key), layer })
  }

  /** Aliases are not followed: a settings file needs none, and a few lines of them can unfold into gigabytes. */
  function plain(node: Node): unknown {
    try {
      return node.toJS(document, { maxAliasCount: 0 })
    } catch {
      return undefined
    }
  }

  if (isScalar(document.contents) && document.contents.value === null) return { given, faults }
  if (document.contents === null) return { given, faults }
  if (!isMap(document.contents)) {
    return { given, faults: [{ place: place(document.contents), key: '', words: 'not a list of sections such as "server:"' }] }
  }
  for (const pair of document.contents.items) {
    const section = nameOf(pair)
    if (!sections.has(section)) take(section, pair)
    else if (isMap(pair.value)) for (const inner of pair.value.items) take(`${section}.${nameOf(inner)}`, inner)
    else if (!isScalar(pair.value) || pair.value.value !== null) {
      faults.push({ place: place(pair.key), key: section, words: 'a section; its settings stand indented below it' })
    }
  }
  return { given, faults }
}

const isNode = (thing: unknown): thing is Node => typeof thing === 'object' && thing !== null && 'range' in thing

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
