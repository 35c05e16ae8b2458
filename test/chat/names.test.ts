import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { operator } from '../../src/chat/log.ts'
import { type Company, openCompany, verdict } from './company.ts'

let company: Company
before(async () => {
  company = await openCompany()
})
after(() => company.close())

const account = (name: string) => verdict(company.accounts.add({ name, role: 'member' }))

test('a name differs from every other in more than its case, its form or its blanks (AZN-07)', async () => {
  assert.equal(await account('Paul'), 'yes')
  for (const twin of ['paul', 'PAUL', 'pAuL', 'Ｐａｕｌ', 'ℙaul', 'ᴾaul']) assert.match(await account(twin), /name_taken|invalid/, twin)
})

/** Letters that look like others, and characters that are not seen at all. */
const lookalikes = [
  'раul',
  'pаul',
  'paυl',
  'pau1\u200b',
  'pa\u00adul',
  'pa\u2060ul',
  '\u202eluap',
  'pa\u0301ul',
  'paul ',
  ' paul',
  'pa ul',
  'paul\0',
  'paul\n',
  'paül',
  'ｐ',
  'paul\u3164',
  '\u115f',
  '.paul',
  '-paul',
  '_paul',
  '@paul',
  'paul/../x',
  '',
  '👤',
  'a'.repeat(33),
]
test(`${lookalikes.length} names that look like another, or like none, are nobody’s (AZN-07)`, async () => {
  for (const name of lookalikes) assert.equal(await account(name), 'invalid', JSON.stringify(name))
})

test('two public rooms differ in more than case and form; a name holds no character that is not seen (AZN-07)', async () => {
  const found = (name: string) => verdict(company.rooms.found(operator, { name, kind: 'public' }))
  assert.equal(await found('Tea  Room'), 'yes')
  for (const twin of ['tea room', 'TEA ROOM', ' tea room ', 'tea\u00a0room', 'ｔｅａ ｒｏｏｍ', 'tea\troom'])
    assert.equal(await found(twin), 'name_taken', JSON.stringify(twin))
  for (const name of [
    '',
    '   ',
    'tea\u202eroom',
    'tea\u200broom',
    'tea\u00adroom',
    'tea\u2060room',
    'tea\u2064room',
    'tea\u3164room',
    'tea\u2066room',
    'tea\0room',
    'tea\u001b[2J',
    'x'.repeat(81),
    '\ud800',
  ])
    assert.equal(await found(name), 'invalid', JSON.stringify(name))
})
