import type { Account, MessageEvent, RoomEvent, RoomState } from '../../../src/protocol/events.ts'

/** Who plays, and what has been said before the curtain rises. */
const account = (id: string, display: string, role: Account['role'] = 'member'): Account => ({ id, name: id, display, role })

export const ada = account('ada', 'Ada Lovelace', 'admin')
export const cast: readonly Account[] = [
  ada,
  account('bob', 'Bob Kahn'),
  account('chi', 'Chi Nguyễn'),
  account('dana', 'دانا الخطيب'),
  account('eve', 'Eve'),
  account('long', 'Maximiliane von Hohenstein-Waldenburg zu Oberwiesenthal'),
]

const minute = 60_000
const texts = [
  'The node is **draining**; new connections go to `b2`. See [the runbook](https://parley.example/runbook) if it lasts.',
  'Thanks!',
  'Can somebody look at the certificate? It has 9 days left.\n\n- `fullchain.pem`\n- `privkey.pem`',
  '> Can somebody look at the certificate?\n\nOn it.',
  '```ts\nexport const verdictOf = (code: number): Verdict => ranges.find(({ from, to }) => code >= from && code < to)?.verdict ?? "back-off"\n```',
  '@ada could you read this once more before we send it?',
  'Done. The sweep takes 60 s at most; a push takes one.',
  'مرحبا، هل وصلت الرسالة؟',
  'A longer thought: the store is the truth and the bus is a hint. If we publish after the commit and compare heads every five seconds, then the lost last message of a quiet room is found even when nobody writes another one. That is the whole trick, and it is cheap.',
  '👍',
  'http://bank.example@evil.example and [bank.example](https://evil.example/a) are what they are.',
  'ok',
]

/** `count` messages that end a few minutes before `now`, with a removed one, a reply, reactions, and days between them. */
export function script(room: string, count: number, now: number): MessageEvent[] {
  return Array.from({ length: count }, (_, index): MessageEvent => {
    const seq = index + 1
    const back = count - index
    const by = cast[Math.floor(index / 2.3) % (room === 'long' ? 6 : 4)]!.id
    const at = now - back * 3 * minute - Math.floor(back / 20) * 9 * 60 * minute
    const text = texts[(index * 7) % texts.length]!
    return {
      ...{ kind: 'message', seq, id: `${room}-${seq}`, by, at, n: seq, text },
      ...(text.includes('@ada') ? { mentions: ['ada'] } : {}),
      ...(back % 9 === 4 ? { replyTo: seq - 3 } : {}),
      ...(back % 7 === 3
        ? {
            reactions: [
              { emoji: '👍', accounts: ['ada', 'bob'] },
              { emoji: '🎉', accounts: ['chi'] },
            ],
          }
        : {}),
      ...(back % 13 === 6 ? { removed: true as const } : {}),
      ...(back % 11 === 2 ? { rev: seq, edited: true } : {}),
    }
  })
}

export const joins = (room: string, seq: number, at: number): RoomEvent => ({
  kind: 'joined',
  seq,
  id: `${room}-j${seq}`,
  by: 'eve',
  account: 'eve',
  at,
})

const state = (id: string, more: Partial<RoomState>): RoomState => ({
  id,
  name: id,
  kind: 'public',
  last: 0,
  n: 0,
  read: 0,
  readN: 0,
  mentions: 0,
  role: 'member',
  ...more,
})

export const rooms: readonly (RoomState & { said: number; unread?: number })[] = [
  { ...state('ops', { topic: 'What runs, what broke, who looks at it', role: 'owner' }), said: 240, unread: 6 },
  { ...state('general', {}), said: 30 },
  { ...state('design', { kind: 'private', role: 'moderator' }), said: 12, unread: 3 },
  { ...state('empty', { name: 'quiet-place' }), said: 0 },
  { ...state('long', { name: 'a-room-with-a-name-that-is-much-too-long-for-any-list' }), said: 10_000, unread: 120, mentions: 2 },
  { ...state('dm-bob', { kind: 'direct', name: '', accounts: ['ada', 'bob'] }), said: 8, unread: 2 },
  { ...state('dm-two', { kind: 'direct', name: '', accounts: ['ada', 'chi', 'dana'] }), said: 4 },
]
