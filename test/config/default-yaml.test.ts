import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { isMap, isScalar, parseDocument } from 'yaml'
import { settings } from '../../src/config/schema.ts'

const source = readFileSync(join(import.meta.dirname, '../../config/default.yaml'), 'utf8')

/** Every setting of the shipped file with the comment right above it. */
function documented(): Map<string, string> {
  const found = new Map<string, string>()
  let section = ''
  let comment = ''
  for (const line of source.split('\n')) {
    const [, indent = '', name, rest] = /^(\s*)(\w+):(.*)$/.exec(line) ?? []
    if (line.trimStart().startsWith('#')) comment = line.trim().slice(2)
    else if (name !== undefined) {
      const isSection = indent === '' && rest === '' && !settings.has(name)
      if (isSection) section = name
      else found.set(indent === '' ? name : `${section}.${name}`, comment)
      comment = ''
    }
  }
  return found
}

test('config/default.yaml holds every setting, each with the words of the schema above it', () => {
  assert.deepEqual(
    [...documented()],
    [...settings].map(([key, { doc }]) => [key, doc]),
  )
})

test('it is plain YAML without tricks: sections, settings, single values', () => {
  const { contents, errors, warnings } = parseDocument(source)
  assert.deepEqual([errors, warnings], [[], []])
  assert.ok(isMap(contents))
  for (const { value } of contents.items) {
    if (isMap(value)) for (const inner of value.items) assert.ok(isScalar(inner.value))
    else assert.ok(isScalar(value))
  }
})
