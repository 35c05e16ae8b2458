import type { Task } from '../../src/bench/task.ts'
import type { Seeded } from './seed.ts'
import type { SubjectName } from './subjects.ts'

/** A scenario: who is there, what they do, and which figure says how it went. */
export interface Plan {
  words: string
  rooms: number
  perRoom: number
  perAccount?: number
  /** Those who can do it; nothing: all. */
  subjects?: SubjectName[]
  /** Messages in the first room before it begins. */
  messages?: number
  /** Memory is swept up before it is looked at. */
  collect?: boolean
  /** ms between two looks at the loop, where 1 would be most of what there is to see. */
  lookEvery?: number
  /** Whom it is played with cannot come again: each round has people of its own. */
  usesUp?: boolean
  /** The scenario, on the same subject, half of whose rate is asked for. */
  halfOf?: string
  task(seeded: Pick<Seeded, 'rooms' | 'person'>, times: Times): Task
  headline: Headline
}

/** The figure that stands for the scenario, and whether more of it is better. */
export interface Headline {
  figure: string
  unit: string
  better: 'more' | 'less'
}

/** ms; and what is half of what the subject can do, where that is asked for. */
export interface Times {
  warm: number
  measure: number
  perSecond?: number
}

const textBytes = 100
const deliveries: Headline = { figure: 'deliveriesPerSecond', unit: 'deliveries/s', better: 'more' }

const fanOut = (perRoom: number, inFlight: number, perAccount = 1): Plan => ({
  words: `one room, ${perRoom} readers, ${inFlight} posts on their way`,
  ...{ rooms: 1, perRoom, perAccount },
  task: ({ rooms }, times) => ({ kind: 'chorus', rooms, perRoom, senders: 'one', load: { inFlight }, textBytes, ...times }),
  headline: deliveries,
})

const manyRooms = (rooms: number, senders: 'all' | 'any' = 'all'): Plan => ({
  words: `${rooms} rooms of 10, ${senders === 'all' ? 'all post in turn' : 'any of them posts'}, 64 posts on their way`,
  ...{ rooms, perRoom: 10 },
  task: (seeded, times) => ({
    ...{ kind: 'chorus', rooms: seeded.rooms, perRoom: 10, senders, load: { inFlight: 64 }, textBytes, ...times },
  }),
  headline: deliveries,
})

const posts = (inFlight: number): Plan => ({
  words: `posts on disk, 200 connections with ${inFlight} unanswered each`,
  ...{ rooms: 200, perRoom: 1, subjects: ['parley'] },
  task: ({ rooms }, times) => ({ kind: 'posts', rooms, inFlight, textBytes, ...times }),
  headline: { figure: 'postsPerSecond', unit: 'posts/s', better: 'more' },
})

const connects = (resumed: boolean): Plan => ({
  words: resumed ? 'connections that resume a TLS session, until the welcome' : 'connections from nothing, until the welcome',
  ...{ rooms: 1, perRoom: 4000, perAccount: 40 },
  task: ({ rooms }, times) => ({ kind: 'connects', atOnce: 16, resumed, room: rooms[0] as string, ...times }),
  headline: { figure: 'connectsPerSecond', unit: 'connects/s', better: 'more' },
})

const idle = (perRoom: number, rooms = 100): Plan => ({
  words: `${perRoom * rooms} connections in ${rooms} rooms, silent`,
  ...{ rooms, perRoom, perAccount: 5, lookEvery: 20 },
  task: ({ rooms }, { measure }) => ({ kind: 'idle', rooms, perRoom, measure }),
  headline: { figure: 'memoryPerConnection', unit: 'bytes/connection', better: 'less' },
})

const storm = (perRoom: number): Plan => ({
  words: `${perRoom * 100} connections in 100 rooms are cut off, miss 5 posts each, and come back at once`,
  ...{ rooms: 100, perRoom, perAccount: 5, subjects: ['parley'] },
  task: ({ rooms, person }) => ({ kind: 'storm', rooms, perRoom, missed: 5, person }),
  headline: { figure: 'allBackMs', unit: 'ms until all are back', better: 'less' },
})

const pages = (messages: number): Plan => ({
  words: `coming in, opening, paging back and posting in a room of ${messages.toLocaleString('en')} messages`,
  ...{ rooms: 1, perRoom: 10, messages, subjects: ['parley'] },
  task: ({ rooms }) => ({ kind: 'pages', room: rooms[0] as string, messages, times: 300 }),
  headline: { figure: 'pageP50', unit: 'ms a page (p50)', better: 'less' },
})

export const plans: Record<string, Plan> = {
  'fan-out-1': fanOut(500, 1),
  'fan-out-64': fanOut(500, 64),
  'fan-out-256': fanOut(500, 256),
  'fan-out-5000': fanOut(5000, 64, 5),
  'many-rooms': manyRooms(100),
  'many-rooms-any': manyRooms(100, 'any'),
  'rate-10': {
    words: 'one room, 500 readers, 10 posts a second',
    ...{ rooms: 1, perRoom: 500 },
    task: ({ rooms }, times) => ({ kind: 'chorus', rooms, perRoom: 500, senders: 'one', load: { perSecond: 10 }, textBytes, ...times }),
    headline: { figure: 'p99', unit: 'ms (p99)', better: 'less' },
  },
  'rate-half': {
    words: 'one room, 500 readers, half of the posts that fan-out-64 came to',
    ...{ rooms: 1, perRoom: 500, halfOf: 'fan-out-64' },
    task: ({ rooms }, { perSecond = 1, ...times }) => ({
      ...{ kind: 'chorus', rooms, perRoom: 500, senders: 'one', load: { perSecond }, textBytes, ...times },
    }),
    headline: { figure: 'p99', unit: 'ms (p99)', better: 'less' },
  },
  'posts-1': posts(1),
  'posts-20': posts(20),
  connects: connects(false),
  'connects-resumed': connects(true),
  'idle-625': idle(25, 25),
  'idle-2500': idle(25),
  'idle-5000': idle(50),
  'idle-10000': idle(100),
  'sign-ins': {
    words: 'sign-ins with a password, 8 at a time',
    ...{ rooms: 1, perRoom: 2, subjects: ['parley'] },
    task: ({ person }, times) => ({ kind: 'sign-ins', person, atOnce: 8, ...times }),
    headline: { figure: 'signInsPerSecond', unit: 'sign-ins/s', better: 'more' },
  },
  endings: {
    words: 'a person ends 500 logins one by one, while 50 posts a second are made',
    ...{ rooms: 1, perRoom: 501, perAccount: 501, subjects: ['parley'], usesUp: true },
    task: ({ rooms, person }) => ({ kind: 'endings', person, room: rooms[0] as string, logins: 500, perSecond: 50 }),
    headline: { figure: 'closeP99', unit: 'ms from the call to the close (p99)', better: 'less' },
  },
  'storm-2000': storm(20),
  'storm-10000': storm(100),
  'slow-reader': {
    words: 'one room, 1,000 readers, 20 posts a second; one stops reading with its line full',
    ...{ rooms: 1, perRoom: 1000, subjects: ['parley'] },
    task: ({ rooms }, { warm }) => ({
      ...{ kind: 'slow-reader', room: rooms[0] as string, readers: 1000, perSecond: 20, textBytes: 1000, warm, measure: 12_000 },
    }),
    headline: { figure: 'p99Change', unit: "times the others' p99 before", better: 'less' },
  },
  soak: {
    words: '10,000 come, open, post and go',
    ...{ rooms: 1, perRoom: 2000, perAccount: 20, subjects: ['ws', 'parley'], collect: true },
    task: ({ rooms }) => ({ kind: 'soak', room: rooms[0] as string, times: 10_000, warm: 3000, atOnce: 16 }),
    headline: { figure: 'heapGrown', unit: 'bytes more on the heap', better: 'less' },
  },
  'pages-10k': pages(10_000),
  'pages-1m': pages(1_000_000),
  'pages-10m': pages(10_000_000),
  'readers-125': fanOut(125, 64),
  'readers-2000': fanOut(2000, 64, 2),
  'rooms-25': manyRooms(25),
  'rooms-400': manyRooms(400),
}

/** Names for several at once: the same thing at one, four and sixteen times the size. */
export const families: Record<string, string[]> = {
  'grow-readers': ['readers-125', 'fan-out-64', 'readers-2000'],
  'grow-rooms': ['rooms-25', 'many-rooms', 'rooms-400'],
  'grow-connections': ['idle-625', 'idle-2500', 'idle-10000'],
  'grow-history': ['pages-10k', 'pages-1m', 'pages-10m'],
}

/** What is run when nothing is asked for: all that is not only there to be compared with another size. */
export const everyday = Object.keys(plans).filter((name) => !/^(readers|rooms)-|^idle-(625|2500)$|^pages-10m$/.test(name))
