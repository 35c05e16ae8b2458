import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settings } from '../../src/config/schema.ts'
import { faultsOf, operator } from './folder.ts'

/** What is no number, no size and no time, or none that anybody means. */
const nonsense = [
  'NaN',
  'abc',
  '-1',
  '1.5.1',
  '0x10',
  '1e3',
  'Infinity',
  '1,5',
  '٣',
  '99999999999999999999',
  'null',
  'true',
  '{}',
  '[1]',
  '1 2',
  '10q',
  '--',
  '١٢s',
]
/** Settings that are counted or measured: their default says so. */
const measured = [...settings]
  .filter(([name, { doc }]) => /^(limits|timeouts|login|token|keys)\./.test(name) && doc !== '')
  .map(([name]) => name)

test(`${measured.length * nonsense.length} settings that are no numbers stop the start, each with its name (CFG-01, HTTP-02)`, (t) => {
  const root = operator(t)
  assert.ok(measured.includes('limits.httpBodyBytes') && measured.length > 30)
  for (const value of nonsense) {
    const env = Object.fromEntries(measured.map((name) => [`PARLEY__${name.replace('.', '__').toUpperCase()}`, value]))
    const faults = faultsOf(root, env)
    for (const name of measured) assert.equal(faults.filter((fault) => fault.includes(` ${name} — `)).length, 1, `${name}=${value}`)
  }
})

test('every limit has an end on both sides (CFG-01, HTTP-02)', (t) => {
  const root = operator(t)
  for (const name of measured) {
    const faults = faultsOf(root, { [`PARLEY__${name.replace('.', '__').toUpperCase()}`]: '999999999999999' })
    assert.equal(faults.length, 1, name)
    assert.match(faults[0] ?? '', /Allowed: /, name)
  }
})
