import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedBefore, suggest } from '../../src/web/state/mentions.ts'
import type { Member } from '../../src/web/state/people.ts'

const member = (name: string, display: string): Member => ({ account: { id: name, name, display, role: 'member' }, role: 'member' })
const all = [
  member('ada', 'Ada Lovelace'),
  member('bob', 'Bob Kahn'),
  member('chi', 'Chi Nguyễn'),
  member('adam', 'Adam'),
  member('zoe', 'Éloïse Lada'),
]
const names = (given: Member[]): string[] => given.map(({ account }) => account.name)

test('an @ at the start of a word asks for people', () => {
  assert.deepEqual(askedBefore('hi @ad', 6), { from: 3, prefix: 'ad' })
  assert.deepEqual(askedBefore('@', 1), { from: 0, prefix: '' })
  assert.deepEqual(askedBefore('(@ñandú', 7), { from: 1, prefix: 'ñandú' })
})

test('an address of a mailbox, or a finished word, does not', () => {
  assert.equal(askedBefore('ada@b', 5), undefined)
  assert.equal(askedBefore('@ada ', 5), undefined)
  assert.equal(askedBefore('@ada', 0), undefined)
})

test('who is called so comes first, who is called like it after', () => {
  assert.deepEqual(names(suggest(all, 'AD')), ['ada', 'adam', 'zoe'])
  assert.deepEqual(names(suggest(all, 'kah')), ['bob'])
  assert.deepEqual(suggest(all, 'xyz'), [])
})

test('of five thousand members at most eight are offered', () => {
  const many = Array.from({ length: 5_000 }, (_, at) => member(`p${at}`, `Person ${at}`))
  assert.equal(suggest(many, 'p').length, 8)
})
