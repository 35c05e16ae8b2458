import { createMembership } from './membership.ts'
import type { Heard, History, Post, Seen, Stream, Verdict, VerdictKind } from './seen.ts'

/** Verdicts of one kind that are told; more of it say nothing new. */
const told = 20

/** What is wrong with what was seen: nothing, if every promise was kept. Reads that and nothing else. */
export function judge(seen: Seen): Verdict[] {
  const verdicts: Verdict[] = [...seen.oddities]
  const counts = new Map<VerdictKind, number>()
  const say = (kind: VerdictKind, words: string): void => {
    const count = (counts.get(kind) ?? 0) + 1
    counts.set(kind, count)
    if (count <= told) verdicts.push({ kind, words })
  }
  const asked = new Map(seen.posts.map((post) => [post.key, post]))
  judgeAnswers(seen, say)
  for (const history of seen.histories) {
    judgeHistory(history, asked, say)
    judgePosts(history, seen.posts, say)
  }
  for (const stream of seen.streams) {
    judgeStream(stream, asked, say)
    const history = seen.histories.find(({ room, store }) => room === stream.room && store === stream.store)
    if (history) judgeAgainst(history, stream, say)
  }
  judgeMembership(seen.streams, say)
  judgeEndings(seen, asked, say)
  return verdicts
}

type Say = (kind: VerdictKind, words: string) => void
type Asked = ReadonlyMap<string, Post>

/** Each post was answered, always with the same number; and one connection's posts have the order in which they were asked. */
function judgeAnswers({ posts, endings }: Seen, say: Say): void {
  const ended = new Set(endings.map(({ login }) => login))
  const last = new Map<string, { nth: number; seq: number }>()
  const answered = posts.flatMap((post) => post.answers.map((answer) => ({ ...answer, room: post.room, key: post.key })))
  for (const { room, key, answers, refused, login } of posts) {
    if (answers.length === 0 && refused === undefined) say('stuck', `${key} in ${room} was never answered`)
    if (refused !== undefined && !ended.has(login)) say('stuck', `${key} in ${room} was refused: ${refused}`)
    if (answers.some((answer) => !isSame(answer, answers.find(({ store }) => store === answer.store) ?? answer)))
      say('doubled', `${key} in ${room} was acknowledged as ${answers.map(({ seq }) => seq).join(' and as ')}`)
  }
  for (const { room, key, line, nth, seq } of answered.filter(({ duplicate }) => !duplicate).sort((a, b) => a.nth - b.nth)) {
    const before = last.get(`${line} ${room}`)
    if (before && before.seq >= seq)
      say('disorder', `${key} in ${room} has number ${seq}; what connection ${line} said before it has ${before.seq}`)
    last.set(`${line} ${room}`, { nth, seq })
  }
}

const isSame = (a: { seq: number; id: string }, b: { seq: number; id: string }) => a.seq === b.seq && a.id === b.id

/** What is in the history is there once, in order, and was said. */
function judgeHistory({ room, events }: History, asked: Asked, say: Say): void {
  const seen = new Set<string>()
  let before = 0
  for (const event of events) {
    if (event.seq <= before) say('disorder', `the history of ${room} has ${event.seq} after ${before}`)
    before = event.seq
    judgeWords(`the history of ${room}`, room, event, asked, say)
    if (event.key === undefined) continue
    if (seen.has(event.key)) say('doubled', `${event.key} is in the history of ${room} again, as ${event.seq}`)
    seen.add(event.key)
  }
}

function judgeWords(where: string, room: string, { kind, key, by, seq, altered }: Heard, asked: Asked, say: Say): void {
  if (kind !== 'message') return
  const post = key === undefined ? undefined : asked.get(key)
  if (!post) say('phantom', `${where} has ${key ?? 'a message without a key'} as ${seq}, which nobody said`)
  else if (post.room !== room) say('phantom', `${where} has ${key} as ${seq}, which was said in ${post.room}`)
  else if (post.by !== by) say('phantom', `${where} has ${key} as ${seq} by ${by}; it was said by ${post.by}`)
  else if (altered) say('phantom', `${where} has ${key} as ${seq} with other words`)
}

/** What was acknowledged is in the history, as it was acknowledged. */
function judgePosts({ room, store, events }: History, posts: readonly Post[], say: Say): void {
  const byKey = new Map(events.map((event) => [event.key, event]))
  for (const post of posts) {
    // A later store keeps what an earlier one acknowledged, unless a restore has taken it back.
    const answer = post.room === room && (post.answers.find((one) => one.store === store) ?? (post.forgiven ? undefined : post.answers[0]))
    if (!answer) continue
    const there = byKey.get(post.key)
    if (!there) say('lost', `${post.key} was acknowledged as ${answer.seq} of ${room} and is not in its history`)
    else if (!isSame(there, answer))
      say('lost', `${post.key} was acknowledged as ${answer.seq} of ${room}, and the history has it as ${there.seq}`)
  }
}

/** Numbers rise by exactly one, and what was heard was said. */
function judgeStream({ room, account, events, steady }: Stream, asked: Asked, say: Say): void {
  const where = `what ${account} heard of ${room}`
  let before = steady ? 0 : undefined
  for (const event of events) {
    if (before !== undefined && event.seq === before) say('doubled', `${where} has ${event.seq} twice`)
    else if (before !== undefined && event.seq < before) say('disorder', `${where} has ${event.seq} after ${before}`)
    else if (before !== undefined && event.seq > before + 1) say('gap', `${where} goes from ${before} to ${event.seq}`)
    before = event.seq
    judgeWords(where, room, event, asked, say)
  }
}

/** Every reader has what the history has. */
function judgeAgainst({ room, events }: History, stream: Stream, say: Say): void {
  const where = `what ${stream.account} heard of ${room}`
  const heard = new Map(stream.events.map((event) => [event.seq, event]))
  const there = new Set<number>()
  for (const event of events) {
    there.add(event.seq)
    const own = heard.get(event.seq)
    if (!own && stream.steady) say('lost', `${event.key ?? event.seq}, ${event.seq} in the history of ${room}, is missing in ${where}`)
    if (own && (own.id !== event.id || own.key !== event.key))
      say('phantom', `${event.seq} is another event in ${where} than in the history`)
  }
  for (const { kind, seq, key } of stream.events)
    if (kind === 'message' && !there.has(seq)) say('lost', `${key ?? seq}, ${seq} in ${where}, is missing in the history`)
}

/** Nobody hears of a room what happened before they came or after they went. The steady readers know who did when. */
function judgeMembership(streams: readonly Stream[], say: Say): void {
  for (const [, ofRoom] of Map.groupBy(streams, ({ room, store }) => `${room} ${store}`)) {
    const longest = ofRoom.filter(({ steady }) => steady).sort((a, b) => b.events.length - a.events.length)[0]
    if (!longest) continue
    const membership = createMembership(longest.events)
    for (const { room, account, events } of ofRoom) {
      const wrong = events.find(({ seq }) => !membership.mayHear(account, seq))
      if (wrong) say('leaked', `${account} heard ${wrong.seq} of ${room}, ${wrong.key ?? wrong.kind}, without being in it`)
    }
  }
}

/**
 * After the call that ends a login has returned, nothing is handed to the kernel for it. What was on its way may still come; but
 * what was first said after the return cannot have been on its way. So the sound sign is content: such a message, heard by a
 * connection of that login, or said by one and acknowledged.
 */
function judgeEndings({ endings, streams, posts }: Seen, asked: Asked, say: Say): void {
  const returned = new Map(endings.map((ending) => [ending.login, ending.returned]))
  for (const { login, events, room } of streams) {
    const at = returned.get(login)
    if (at === undefined) continue
    const late = events.find(({ key }) => key !== undefined && (asked.get(key)?.asked ?? 0) > at)
    if (late) say('afterEnd', `login ${login} heard ${late.key} of ${room}, which was said after the login had ended`)
  }
  for (const { login, key, asked: when, answers } of posts) {
    const at = returned.get(login)
    if (at !== undefined && when > at && answers.length > 0) say('afterEnd', `${key} was taken from login ${login}, which had ended`)
  }
}
