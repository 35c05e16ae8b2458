import type { Chance } from './chance.ts'

type Frame = Record<string, unknown>

/** What a person could say, by chance. */
function frameOf({ below, pick }: Chance, ref: number, rooms: string[]): Frame {
  const room = pick([...rooms, ...rooms, 'rNoSuchRoom00'])
  const key = `fuzz-${below(5000)}-0123456789ab`
  const seq = below(60)
  const text = pick(['hello', '@ada look', 'a\u0300', '😀', 'x'.repeat(below(200)), '<b>', '1'])
  const kinds: [weight: number, make: () => Frame][] = [
    [20, () => ({ type: 'ping' })],
    [8, () => ({ type: 'post', room, key, text, ...(below(4) === 0 && { replyTo: seq }) })],
    [8, () => ({ type: 'edit', room, key, seq, text })],
    [4, () => ({ type: 'remove', room, key, seq })],
    [8, () => ({ type: 'react', room, key, seq, emoji: pick(['👍', '🎉', '👨‍👩‍👧‍👦']), on: below(2) === 0 })],
    [8, () => ({ type: 'read', room, seq })],
    [4, () => ({ type: 'history', room, [pick(['before', 'after', 'around'])]: seq, limit: 1 + below(5) })],
    [3, () => ({ type: 'open', rooms: [{ room, after: seq }] })],
    [1, () => ({ type: 'open', rooms: rooms.map((one) => ({ room: one })) })],
    [3, () => ({ type: 'shut', rooms: [room] })],
    [2, () => ({ type: 'join', room })],
    [1, () => ({ type: 'leave', room })],
    [6, () => ({ type: 'typing', room })],
    [4, () => ({ type: 'presence', state: pick(['active', 'away']) })],
    [2, () => ({ type: 'renew', token: 'a.b.c' })],
    [2, () => ({ type: 'search', text, limit: 10 })],
  ]
  let at = below(kinds.reduce((sum, [weight]) => sum + weight, 0))
  const [, make] = kinds.find(([weight]) => {
    at -= weight
    return at < 0
  }) as (typeof kinds)[number]
  return { ...make(), ref }
}

const odd: readonly unknown[] = [
  ...[null, true, false, '', ' ', '\0', '\ud800', '__proto__', 'constructor', '../..', "' or 1=1 --", '%s%n', 'é', '0', 'NaN', '１'],
  ...[0, -0, -1, 1.5, 1e308, -1e308, 2 ** 31, 2 ** 32, 2 ** 53, Number.MAX_SAFE_INTEGER, 5e-324],
  ...[[], {}, [[]], [null], [{}], { room: 'x' }, { valueOf: 1, toString: 2, length: 1e9 }, ['ping'], [[[[[[[[]]]]]]]]],
]
const types = ['ping', 'post', 'edit', 'remove', 'react', 'read', 'history', 'open', 'shut', 'join', 'leave', 'typing', 'presence', 'renew']

/** Changes of a frame that is still JSON afterwards; the ref stays, so that its answer can be told. */
const bends: ((frame: Frame, luck: Chance) => Frame)[] = [
  (frame, { pick }) => ({ ...frame, [pick(Object.keys(frame).filter((name) => name !== 'ref'))]: pick(odd) }),
  (frame, { pick }) => ({ ...frame, type: pick(types) }),
  (frame, { pick }) => {
    const gone = pick(Object.keys(frame).filter((name) => name !== 'ref'))
    return Object.fromEntries(Object.entries(frame).filter(([name]) => name !== gone))
  },
  (frame, { pick }) => ({
    ...frame,
    [pick(['account', 'role', 'by', 'seq', 'id', 'login', '__proto__', 'constructor', 'admin'])]: pick(odd),
  }),
  (frame, { pick, below }) => ({
    ...frame,
    [pick(Object.keys(frame).filter((name) => name !== 'ref'))]: 'x'.repeat(below(below(10) === 0 ? 30_000 : 300)),
  }),
  (frame, { pick }) =>
    Object.fromEntries(Object.entries(frame).map(([name, value]) => [name, name === 'ref' ? value : pick([value, pick(odd)])])),
]

/** Changes of the text itself: what comes out may be anything. */
const cuts: ((text: string, luck: Chance) => string)[] = [
  (text, { below }) => text.slice(0, below(text.length)),
  (text, { below }) => text.slice(below(text.length)),
  (text, { below }) => {
    const [at, bit] = [below(text.length), 1 << below(7)]
    return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ bit) + text.slice(at + 1)
  },
  (text, { below }) => text.slice(0, below(text.length)) + text.slice(below(text.length)),
  (text, { pick, below }) => {
    const at = below(text.length)
    return text.slice(0, at) + pick(['"', '{', '}', '[', ',', ':', '\\', '\\u', '\n', '\0', '1e999', ',"ref":7', '\ud800']) + text.slice(at)
  },
  (text) => text + text,
]

/** The text of a frame as somebody hostile would send it: right, bent, or (of a hundred) `broken` ones cut up. */
export function mutated(luck: Chance, ref: number, rooms: string[], broken: number): string {
  const frame = frameOf(luck, ref, rooms)
  if (luck.below(100) < broken) return luck.pick(cuts)(JSON.stringify(frame), luck)
  let bent = frame
  for (let times = luck.below(3); times > 0; times--) bent = luck.pick(bends)(bent, luck)
  return JSON.stringify(bent)
}

/** How a text must be answered: the ref of its one answer (0 when it has none), and whether it ends the connection. */
export function expected(text: string): { ref: number; ends: boolean } {
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch {
    return { ref: 0, ends: false }
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return { ref: 0, ends: false }
  const { ref, type } = given as Frame
  const isRef = typeof ref === 'number' && Number.isInteger(ref) && ref >= 1 && ref <= 0xffff_ffff
  return { ref: isRef ? ref : 0, ends: isRef && type === 'bye' }
}
