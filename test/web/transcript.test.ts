import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MessageEvent } from '../../src/protocol/events.ts'
import type { Row } from '../../src/web/state/rows.ts'
import { transcript } from '../../src/web/state/transcript.ts'

const at = (hours: number, minutes: number) => new Date(2026, 2, 3, hours, minutes).getTime()
const names: Record<string, string> = { ada: 'Ada', bob: 'Bob' }

function row(seq: number, by: string, when: number, text: string | undefined): Row {
  const message = { room: 'tea', seq, id: `m${seq}`, kind: 'message', by, at: when, n: seq, text, removed: text === undefined }
  return { kind: 'message', key: `m${seq}`, message: message as MessageEvent, head: true, lastOfMine: false }
}

test('copied messages say when and who, in the words that were written, without what is no message', () => {
  const rows: Row[] = [
    { kind: 'day', key: 'day', at: at(9, 0) },
    row(1, 'ada', at(9, 5), 'Tea is **ready**'),
    { kind: 'new', key: 'new' },
    row(2, 'bob', at(22, 12), 'one\ntwo'),
    row(3, 'ada', at(22, 13), undefined),
  ]
  assert.equal(
    transcript(rows, (account) => names[account] ?? ''),
    '[09:05] Ada: Tea is **ready**\n[22:12] Bob: one\ntwo',
  )
})
