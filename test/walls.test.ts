import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname, '..')
const listed = (pattern: string) => globSync(pattern, { cwd: root, exclude: ['src/web/dist/**'] }).map(normalize)
const source = listed('src/**/*.{ts,tsx,cjs,js}')
const tests = listed('test/**/*.{ts,tsx,cjs,js}')
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')

/** What each room may import: values, or only types. What is not named here is not allowed. */
const walls: Record<string, { values?: string[]; types?: string[] }> = {
  protocol: {},
  bus: { types: ['protocol'] },
  store: { values: ['protocol'] },
  chat: { values: ['protocol'], types: ['store', 'bus'] },
  identity: { values: ['protocol'], types: ['store', 'bus'] },
  gateway: { values: ['protocol', 'chat', 'identity'], types: ['bus'] },
  http: { values: ['protocol', 'chat', 'identity'] },
  nodes: { values: ['protocol'], types: ['store', 'bus'] },
  tls: {},
  config: {},
  log: { types: ['config'] },
  ops: {
    values: ['protocol', 'config', 'log', 'tls'],
    types: ['chat', 'identity', 'gateway', 'store', 'bus', 'http', 'app', 'bench', 'check'],
  },
  sdk: { values: ['protocol'] },
  web: { values: ['sdk', 'protocol'] },
  launch: {},
  outside: {},
  bench: { values: ['outside'] },
  check: { values: ['outside'] },
  app: { values: ['protocol', 'bus', 'store', 'chat', 'identity', 'gateway', 'nodes', 'http', 'tls', 'ops', 'config', 'log'] },
  // The command line gets what it runs handed in, so that it loads only what it needs.
  main: { values: ['ops', 'app', 'bench', 'check'] },
}

/** The room that a file is in: its folder, or what it composes. */
function roomOf(file: string): string {
  const [, first = '', ...rest] = file.split('/')
  if (rest.length > 0) return first
  const name = first.replace(/\.(ts|cjs)$/, '')
  return ['app', 'service', 'house', 'listener', 'housekeeping', 'neighbourhood', 'lent'].includes(name) ? 'app' : name
}

interface Import {
  from: string
  to: string
  type: boolean
}

const forms: { form: RegExp; type: (match: RegExpExecArray) => boolean }[] = [
  {
    form: /^(?:import|export)\s+(type\s)?([^'"]*?)\sfrom\s+'([^']+)'/gm,
    type: ([, word, names = '']) => word !== undefined || onlyTypes(names),
  },
  { form: /^()()import\s+'([^']+)'/gm, type: () => false },
  { form: /(typeof\s+)?()\bimport\('([^']+)'\)/g, type: ([, word]) => word !== undefined },
  { form: /()()new URL\('([^']+)', import\.meta\.url\)/g, type: () => false },
  { form: /()()require(?:\.resolve)?\('([^']+)'\)/g, type: () => false },
]

/** `{ type A, type B }`: nothing is left of it when it runs. */
const onlyTypes = (names: string) =>
  /^\{[^}]*\}$/.test(names.trim()) &&
  names
    .replace(/[{}\s]/g, ' ')
    .split(',')
    .every((name) => !name.trim() || /^\s*type\s/.test(name))

const importsOf = (file: string): Import[] =>
  forms.flatMap(({ form, type }) =>
    [...textOf(file).matchAll(form)].map((match) => ({ from: file, to: target(file, match[3] ?? ''), type: type(match) })),
  )

/** A path under the root for one of our own files; a package stays as it is written. */
const target = (file: string, written: string) =>
  written.startsWith('.') ? relative(root, join(root, dirname(file), written.replace(/\?.*$/, ''))) : written

const imports = source.flatMap(importsOf)
const ours = imports.filter(({ to }) => to.startsWith('src/'))
assert.ok(ours.length > 100, 'the imports were not found')
const none = (wrong: string[], words: string) => assert.equal(wrong.length, 0, `${words}:\n${wrong.join('\n')}`)

test('every room imports only from the rooms that it may know', () => {
  const wrong = ours.filter(({ from, to, type }) => {
    const [here, there] = [roomOf(from), roomOf(to)]
    const { values = [], types = [] } = walls[here] ?? {}
    return here !== there && !values.includes(there) && !(type && types.includes(there))
  })
  none(
    wrong.map(({ from, to, type }) => `${from} imports ${type ? 'types of ' : ''}${to}`),
    'these imports go through a wall',
  )
})

test('every room is known to the table of walls', () => {
  none(
    [...new Set(source.map(roomOf))].filter((room) => !(room in walls)),
    'these rooms stand nowhere',
  )
})

test('nobody imports app.ts or main.ts, save main.ts what it starts', () => {
  const wrong = ours.filter(({ from, to, type }) => !type && /^src\/(app|main)\.ts$/.test(to) && from !== 'src/main.ts')
  none(
    wrong.map(({ from }) => from),
    'these do',
  )
})

test('the contract runs anywhere: no module of Node in protocol, sdk or web, and no package in the SDK', () => {
  const wrong = imports.filter(({ from, to, type }) => {
    if (!/^src\/(protocol|sdk|web)\//.test(from) || type || from.endsWith('vite.config.ts')) return false
    return to.startsWith('node:') || to === 'ws' || (from.startsWith('src/sdk/') && !to.startsWith('src/'))
  })
  none(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    'these would not run in a browser',
  )
})

test('what reads or writes tables is in the store, identity tells jose what to do, and ops counts', () => {
  const wrong = imports.filter(({ from, to, type }) => {
    if (to === 'node:sqlite') return roomOf(from) !== 'store' && roomOf(from) !== 'ops'
    if (to === 'prom-client') return roomOf(from) !== 'ops'
    if (to === 'jose') return !['identity'].includes(roomOf(from)) && !type
    return to === 'kysely' && !type && !['store', 'identity', 'chat', 'nodes'].includes(roomOf(from))
  })
  none(
    wrong.map(({ from, to }) => `${from} imports ${to}`),
    'these reach past their room',
  )
})

test('every import of our own names a file that is there', () => {
  const there = new Set(listed('src/**/*'))
  none(
    ours.filter(({ from, to }) => !there.has(to) && to !== dirname(from)).map(({ from, to }) => `${from} imports ${to}`),
    'these do not',
  )
})

test('every source file is on the way from somewhere that people start', () => {
  const reached = new Set(['src/main.ts', 'src/launch.cjs', 'src/sdk/client.ts', 'src/web/vite.config.ts'])
  for (const [, written = ''] of textOf('src/web/index.html').matchAll(/(?:src|href)="\.\/([^"]+)"/g)) reached.add(`src/web/${written}`)
  for (const file of reached) for (const { from, to } of ours) if (from === file) reached.add(to)
  none(
    source.filter((file) => !reached.has(file) && !file.endsWith('.d.ts')),
    'nothing leads to',
  )
})

test('no file is longer than 250 lines', () => {
  const long = [...source, ...tests]
    .map((file) => ({ file, lines: textOf(file).split('\n').length - 1 }))
    .filter(({ lines }) => lines > 250)
  none(
    long.map(({ file, lines }) => `${file} has ${lines}`),
    'these want to be two nouns',
  )
})

test('a file is named for what it is, not for being useful', () => {
  const banned = new Set(['util', 'utils', 'helper', 'helpers', 'common', 'manager', 'misc', 'base', 'shared', 'stuff'])
  // The last word of a name says what it is: common-passwords are passwords.
  const says = (file: string) => file.split('/').flatMap((part) => part.split('.')[0]?.split('-').at(-1) ?? [])
  none(
    [...source, ...tests].filter((file) => says(file).some((word) => banned.has(word))),
    'these say nothing',
  )
})

test('nothing goes around the types, and only the command line speaks', () => {
  const code = (file: string) =>
    textOf(file)
      .replace(/\/\*[\s\S]*?\*\/|(?<![:'"`/])\/\/.*$/gm, '')
      .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
  const bans: { form: RegExp; files: string[] }[] = [
    { form: /(?::|\bas|<|\||=>)\s*any\b(?!\s*\()/, files: [...source, ...tests] },
    { form: /\bas unknown as\b/, files: [...source, ...tests] },
    { form: /\bconsole\s*\./, files: source.filter((file) => !/^src\/(main\.ts|ops\/cli\/)/.test(file)) },
  ]
  const wrong = bans.flatMap(({ form, files }) => files.filter((file) => form.test(code(file))).map((file) => `${file}: ${form.source}`))
  const silenced = [...source, ...tests].filter(
    (file) => /@ts-(ignore|nocheck|expect-error)\b/.test(textOf(file)) && !file.endsWith('walls.test.ts'),
  )
  none([...wrong, ...silenced.map((file) => `${file}: a silenced type error`)], 'these do')
})
