import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../../src/check/judge.ts'
import type { Heard, Post, Seen, Stream, VerdictKind } from '../../src/check/seen.ts'

const ids = (seq: number) => `id-${seq}`
const joined = (seq: number, account: string): Heard => ({ seq, id: ids(seq), kind: 'joined', by: 'ada', account })
const left = (seq: number, account: string): Heard => ({ seq, id: ids(seq), kind: 'left', by: 'ada', account })
const message = (seq: number, key: string): Heard => ({ seq, id: ids(seq), kind: 'message', by: 'ada', key })

function post(key: string, seq: number, more: Partial<Post> = {}): Post {
  const answers = [{ seq, id: ids(seq), duplicate: false, store: 's1', line: 1, nth: seq }]
  return { room: 'tea', key, by: 'ada', login: 'of-ada', asked: seq * 10, answered: seq * 10 + 5, answers, ...more }
}

function stream(account: string, events: Heard[], more: Partial<Stream> = {}): Stream {
  return { room: 'tea', store: 's1', account, login: `of-${account}`, steady: account !== 'dan', events, ...more }
}

const all = [
  joined(1, 'ada'),
  joined(2, 'bob'),
  joined(3, 'dan'),
  message(4, 'a'),
  left(5, 'dan'),
  message(6, 'b'),
  joined(7, 'dan'),
  message(8, 'c'),
]
const told = all.filter(({ kind }) => kind === 'message')

/** Ada and bob are there all the time, dan is removed and comes again, and nothing is wrong. */
const fine = (): Seen => ({
  posts: [post('a', 4), post('b', 6), post('c', 8)],
  streams: [stream('ada', [...all]), stream('bob', [...all]), stream('dan', all.slice(0, 5)), stream('dan', all.slice(6))],
  histories: [{ room: 'tea', store: 's1', events: [...told] }],
  endings: [],
  oddities: [],
})

function verdictsOn(change: (seen: Seen) => void): VerdictKind[] {
  const seen = fine()
  change(seen)
  return [...new Set(judge(seen).map(({ kind }) => kind))].sort()
}
const of = (seen: Seen, i: number) => seen.streams[i] as Stream
const first = (seen: Seen) => seen.posts[0] as Post

test('where every promise was kept nothing is said', () => {
  assert.deepEqual(judge(fine()), [])
})

const forged: [string, VerdictKind[], (seen: Seen) => void][] = [
  ['an acknowledged message that is not in the history', ['lost'], (seen) => seen.posts.push(post('d', 9))],
  [
    'an acknowledged message that has become another number',
    ['lost'],
    (seen) => void first(seen).answers.splice(0, 1, { seq: 5, id: ids(5), duplicate: false, store: 's1', line: 2, nth: 1 }),
  ],
  [
    'a message of the history that one reader never had',
    ['gap', 'lost'],
    (seen) => void Object.assign(of(seen, 1), { events: all.filter(({ seq }) => seq !== 6) }),
  ],
  ['the last message, which one reader never had', ['lost'], (seen) => void Object.assign(of(seen, 1), { events: all.slice(0, -1) })],
  ['a message that was heard and is not in the history', ['lost'], (seen) => void seen.histories[0]?.events.pop()],
  ['a key that is twice in the history', ['doubled', 'lost'], (seen) => void seen.histories[0]?.events.push(message(9, 'c'))],
  ['an event that was heard twice', ['doubled'], (seen) => void of(seen, 0).events.splice(4, 0, message(4, 'a'))],
  [
    'one key that was acknowledged as two messages',
    ['doubled'],
    (seen) => void first(seen).answers.push({ seq: 6, id: ids(6), duplicate: true, store: 's1', line: 2, nth: 1 }),
  ],
  [
    'events that were heard the wrong way round',
    ['disorder', 'gap'],
    (seen) =>
      void Object.assign(of(seen, 0), { events: [...all.slice(0, 3), message(6, 'b'), left(5, 'dan'), message(4, 'a'), ...all.slice(6)] }),
  ],
  ['a history that is not in order', ['disorder'], (seen) => void seen.histories[0]?.events.reverse()],
  [
    'posts of one connection that were numbered the other way round',
    ['disorder'],
    (seen) => {
      for (const [i, { answers }] of seen.posts.entries()) for (const answer of answers) answer.nth = 10 - i
    },
  ],
  [
    'a number that was left out',
    ['gap'],
    (seen) => void Object.assign(of(seen, 2), { events: all.slice(0, 5).filter(({ seq }) => seq !== 2) }),
  ],
  [
    'a message that nobody said',
    ['phantom'],
    (seen) => {
      for (const { events } of [...seen.streams.slice(0, 2), ...seen.histories]) events.push(message(9, 'of-a-ghost'))
    },
  ],
  ['a message with other words', ['phantom'], (seen) => void of(seen, 0).events.splice(3, 1, { ...message(4, 'a'), altered: true })],
  ['a message by somebody else', ['phantom'], (seen) => void of(seen, 0).events.splice(3, 1, { ...message(4, 'a'), by: 'eve' })],
  ['a message of another room', ['phantom'], (seen) => void Object.assign(first(seen), { room: 'garden' })],
  [
    'two readers with different events of one number',
    ['phantom'],
    (seen) => void of(seen, 0).events.splice(3, 1, { ...message(4, 'a'), id: 'another' }),
  ],
  ['something heard by a stranger', ['leaked'], (seen) => void seen.streams.push(stream('eve', [message(6, 'b')], { steady: false }))],
  ['something heard after the own left', ['leaked'], (seen) => void of(seen, 2).events.push(message(6, 'b'))],
  ['what was said before one came', ['leaked'], (seen) => void of(seen, 3).events.unshift(message(6, 'b'))],
  [
    'a message heard by a login that had ended when it was said',
    ['afterEnd'],
    (seen) => void seen.endings.push({ login: 'of-bob', returned: 75 }),
  ],
  [
    'a message taken from a login that had ended',
    ['afterEnd'],
    (seen) => {
      const ended = post('c', 8, { login: 'of-cyd' })
      seen.posts[2] = ended
      seen.endings.push({ login: 'of-cyd', returned: 75 })
    },
  ],
  ['a post that was never answered', ['stuck'], (seen) => void Object.assign(first(seen), { answers: [] })],
  ['a post that was refused for good', ['stuck'], (seen) => void seen.posts.push(post('d', 9, { answers: [], refused: 'not_member' }))],
]

for (const [what, kinds, change] of forged)
  test(`${what} is seen: ${kinds.join(', ')}`, () => {
    assert.deepEqual(verdictsOn(change), kinds)
  })

test('what is on its way when a login ends is no fault; nor is a refusal after it', () => {
  const verdicts = verdictsOn((seen) => {
    seen.endings.push({ login: 'of-bob', returned: 85 })
    seen.posts.push(post('d', 9, { login: 'of-bob', answers: [], refused: 'signed_out' }))
  })
  assert.deepEqual(verdicts, [])
})

test('a restore takes back what was acknowledged since the backup, and nothing else', () => {
  const restored = (seen: Seen) => {
    const events = [message(4, 'a'), { ...message(5, 'd'), id: 'new-5' }]
    seen.histories = [{ room: 'tea', store: 's2', events }]
    seen.posts.push(post('d', 5, { answers: [{ seq: 5, id: 'new-5', duplicate: false, store: 's2', line: 9, nth: 1 }] }))
  }
  assert.deepEqual(verdictsOn(restored), ['lost'])
  const forgiven = verdictsOn((seen) => {
    restored(seen)
    for (const one of seen.posts) if (one.key === 'b' || one.key === 'c') one.forgiven = true
  })
  assert.deepEqual(forgiven, [])
})

test('of many faults of one kind the first are told', () => {
  const seen = fine()
  for (let i = 0; i < 1000; i++) seen.posts.push(post(`gone-${i}`, 9 + i))
  assert.equal(judge(seen).length, 20)
})
