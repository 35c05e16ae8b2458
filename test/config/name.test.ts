import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as v from 'valibot'
import { schema } from '../../src/config/schema.ts'

const { check } = schema.server.name.kind

test('a server is called what its operator wants, in any script, on one line', () => {
  for (const name of ['Parley', 'Keepers & Co', '灯台', 'x'.repeat(60)]) assert.equal(v.parse(check, name), name)
  assert.equal(v.parse(check, '  Parley '), 'Parley')
})

test('a name that is empty, too long, on two lines or turns the text around is refused', () => {
  for (const name of ['', '   ', 'x'.repeat(61), 'two\nlines', 'back\u202ewards', 7]) assert.equal(v.safeParse(check, name).success, false)
})
