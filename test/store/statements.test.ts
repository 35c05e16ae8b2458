import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodesOf, type Source, type Syntax, sources } from '../support/source.ts'

const isSyntax = (given: unknown): given is Syntax => typeof given === 'object' && given !== null && 'type' in given

/** What is handed to the database as SQL by this call: the first argument of prepare, exec and raw. */
function statementOf({ type, callee, arguments: given }: Syntax): Syntax | undefined {
  if (type !== 'CallExpression' || !isSyntax(callee) || callee.type !== 'MemberExpression' || !Array.isArray(given)) return undefined
  const { object, property } = callee
  if (!isSyntax(property) || !isSyntax(object) || object.type === 'Literal') return undefined
  const name = String(property.name)
  const isDatabase = name === 'prepare' || (name === 'exec' && /db$|lock$|copy$|source$/i.test(String(object.name))) || name === 'raw'
  return isDatabase && isSyntax(given[0]) ? given[0] : undefined
}

/** Text that is in the source as it is: no value can get into it. */
const isFixed = (given: Syntax): boolean =>
  (given.type === 'Literal' && typeof given.value === 'string') ||
  (given.type === 'TemplateLiteral' && (given.expressions as unknown[]).length === 0) ||
  (given.type === 'ConditionalExpression' && isFixed(given.consequent as Syntax) && isFixed(given.alternate as Syntax))

/** Where SQL is put together all the same, and from what: never from anything that came from outside. */
const puttogether: Record<string, string> = {
  'src/store/sqlite-statements.ts': 'what Kysely compiled, whose values are parameters',
  'src/store/glance.ts': 'the same',
  'src/store/inspection.ts': 'names of our own tables',
  'src/store/move.ts': 'names of our own tables and columns',
  'src/store/carry-over.ts': 'names of tables and columns of a copy whose form has been checked',
  'src/store/migrations.ts': 'words of our own, when the tables are made',
}

const loose = ({ tree }: Source) =>
  [...nodesOf(tree)]
    .map(statementOf)
    .filter((statement) => statement !== undefined)
    .filter((statement) => !isFixed(statement))

test('values never become part of a statement; the few places that put one together have only our own words (HTTP-08)', () => {
  const all = sources('src/**/*.ts')
  const statements = all.flatMap(({ tree }) => [...nodesOf(tree)].map(statementOf).filter((one) => one !== undefined))
  assert.ok(statements.length > 80, `${statements.length} were found`)
  const found = all.filter((source) => loose(source).length > 0).map(({ file }) => file)
  assert.deepEqual(
    found.filter((file) => !(file in puttogether)),
    [],
  )
  assert.deepEqual(
    Object.keys(puttogether).filter((file) => !found.includes(file)),
    [],
    'and no excuse is left over',
  )
})

test('a value inside a statement is noticed: this test can fail', () => {
  const [first] = sources('src/store/inspection.ts')
  assert.ok(first && loose(first).length > 0)
})
