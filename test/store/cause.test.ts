import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { Refusal } from '../../src/protocol/codes.ts'
import { causeOf } from '../../src/store/cause.ts'

const thrown = (work: () => unknown): unknown => {
  try {
    return work()
  } catch (error) {
    return error
  }
}
const said = (message: string, code: string) => Object.assign(new pg.DatabaseError(message, message.length, 'error'), { code })

test('what the log is told of a fault says what and where, and has nothing of what ada wrote', () => {
  const faults = [
    thrown(() => JSON.parse('ada’s words')),
    thrown(() => Reflect.get('ada’s words' as never, 'length')),
    said('invalid input syntax for type integer: "ada’s words"', '22P02'),
  ]
  for (const fault of faults) {
    const cause = causeOf(new Refusal('unavailable', undefined, { cause: fault }))
    assert.ok(!JSON.stringify(cause).includes('ada’s'), JSON.stringify(cause))
    assert.match(cause.stack, /^\s+at /)
  }
  assert.equal(causeOf(faults[0]).type, 'SyntaxError')
  assert.equal(causeOf(faults[2]).code, '22P02')
  const denied = causeOf(said('permission denied for table event', '42501'))
  assert.deepEqual([denied.code, denied.message], ['42501', 'permission denied for table event'])
  assert.equal(causeOf('ada’s words').type, 'string')
})
