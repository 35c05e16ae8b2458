import assert from 'node:assert/strict'
import { existsSync, globSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { checklist, idsIn, idsOf, rows } from '../security/checklist.ts'
import { prove, requirements } from '../security/evidence.ts'

process.chdir(resolve(import.meta.dirname, '../..'))
const page = rows()

test('every id of the check list has one row in docs/security.md, and there are no others', () => {
  assert.deepEqual(page.map(({ id }) => id).sort(), checklist.map(({ id }) => id).sort())
})

test('every file in bold there carries the id of its row in a title, and every row has such a file or says why not', () => {
  const wrong = page.flatMap(({ id, tests, words }) => [
    ...tests.filter((file) => !existsSync(file) || !idsIn(file).includes(id)).map((file) => `${id}: ${file} does not carry it`),
    ...(tests.length === 0 && words === '' ? [`${id}: neither a test nor a reason`] : []),
  ])
  assert.deepEqual(wrong, [])
})

test('no title carries an id that is not on the list', () => {
  const known = new Set(checklist.map(({ id }) => id))
  const wrong = globSync('test/**/*.test.ts').flatMap((file) =>
    idsIn(file)
      .filter((id) => !known.has(id))
      .map((id) => `${file}: ${id}`),
  )
  assert.deepEqual(wrong, [])
})

test('a promise is verified by tests that passed alone: not by words, nor by some of its tests, nor by silence', () => {
  // Not spelled out, since titles are read from this file as well.
  const result = (ids: string, passed = true) => ({ file: 'x', title: `bob (of tea) is refused (${ids})`, passed })
  assert.deepEqual(idsOf(result('WSH-01, TLS-02').title), ['WSH-01', 'TLS-02'])
  assert.deepEqual(idsOf(`${result('WSH-01').title} or so`), [])
  const said = page.map((row) => ({ ...row, words: row.id === 'TLS-04' ? '' : 'Not yet' }))
  const proofs = prove([result('TLS-01'), result('TLS-01, TLS-02'), result('TLS-02', false)], said)
  const verdicts = Object.fromEntries(proofs.slice(0, 5).map(({ id, verdict }) => [id, verdict]))
  assert.deepEqual(verdicts, {
    'TLS-01': 'verified',
    'TLS-02': 'failed',
    'TLS-03': 'not verified',
    'TLS-04': 'failed',
    'TLS-05': 'not verified',
  })
  const asvs = requirements(proofs)
  assert.equal(asvs.find(({ id }) => id === '12.1.1')?.verdict, 'verified')
  assert.equal(asvs.find(({ id }) => id === '12.1.2')?.verdict, 'failed')
  assert.equal(asvs.find(({ id }) => id === '11.1.4')?.verdict, 'not verified')
})
