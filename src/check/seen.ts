/**
 * What one run has seen of a Parley, from outside: what was asked of it, what it answered, what it delivered. Times are ms of one
 * monotonic clock, that of the process which asks.
 */
export interface Seen {
  posts: Post[]
  streams: Stream[]
  histories: History[]
  endings: Ending[]
  /** What is wrong in itself, seen as it happened. */
  oddities: Verdict[]
}

/** One message that somebody wanted to say. */
export interface Post {
  room: string
  key: string
  /** The account. */
  by: string
  login: string
  /** When it was asked for the first time. */
  asked: number
  answers: Answer[]
  /** When the first answer came. */
  answered?: number
  /** Refused, and not asked again. */
  refused?: string
  /** Acknowledged, and taken back since by a restore that was asked for: it may be there or not. */
  forgiven?: true
}

/** An `ok` to a post. */
export interface Answer {
  seq: number
  id: string
  duplicate: boolean
  /** The store that said so: each restore makes another of it. */
  store: string
  /** The connection, and which of its posts this was. */
  line: number
  nth: number
}

/** What one reader heard of one room, in the order in which it came, without a break of its own making. */
export interface Stream {
  room: string
  store: string
  account: string
  login: string
  /** Was in the room all the time and read it from its first event to the end of the run: must have all of it. */
  steady: boolean
  events: Heard[]
}

export interface Heard {
  seq: number
  id: string
  kind: string
  key?: string
  by: string
  /** Whom a `joined` or `left` is about. */
  account?: string
  /** The words were not those that belong to the key. */
  altered?: true
}

/** The messages of a room, as pages of its history give them at the end. */
export interface History {
  room: string
  store: string
  events: Heard[]
}

/** A call that ended a login has returned. */
export interface Ending {
  login: string
  returned: number
}

export const verdictKinds = {
  lost: 'acknowledged, or in the history, and not there',
  doubled: 'there more than once',
  disorder: 'not in the order in which it was said, or heard',
  gap: 'a number was left out',
  phantom: 'never said, or not like this',
  leaked: 'shown to somebody who was not in the room',
  afterEnd: 'given to, or taken from, a login that had ended',
  stuck: 'never answered, or never came',
} as const
export type VerdictKind = keyof typeof verdictKinds

/** What went wrong, and where to look. */
export interface Verdict {
  kind: VerdictKind
  words: string
}

/** The words that belong to a key: who reads them knows what they must be. */
export const textOf = (key: string): string => `${key} said, to be heard by all who are here and by nobody else`
