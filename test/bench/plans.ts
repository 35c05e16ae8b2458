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
  task(seeded: Pick<Seeded, 'rooms'>, times: Times): Task
  headline: Headline
}

/** The figure that stands for the scenario, and whether more of it is better. */
export interface Headline {
  figure: string
  unit: string
  better: 'more' | 'less'
}

/** ms. */
export interface Times {
  warm: number
  measure: number
}

const textBytes = 100
const deliveries: Headline = { figure: 'deliveriesPerSecond', unit: 'deliveries/s', better: 'more' }

const fanOut = (perRoom: number, inFlight: number, perAccount = 1): Plan => ({
  words: `one room, ${perRoom} readers, ${inFlight} posts on their way`,
  ...{ rooms: 1, perRoom, perAccount },
  task: ({ rooms }, times) => ({ kind: 'chorus', rooms, perRoom, senders: 'one', load: { inFlight }, textBytes, ...times }),
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
  ...{ rooms: 1, perRoom: 2000, perAccount: 20 },
  task: ({ rooms }, times) => ({ kind: 'connects', atOnce: 16, resumed, room: rooms[0] as string, ...times }),
  headline: { figure: 'connectsPerSecond', unit: 'connects/s', better: 'more' },
})

const idle = (perRoom: number): Plan => ({
  words: `${perRoom * 100} connections in 100 rooms, silent`,
  ...{ rooms: 100, perRoom, perAccount: 5 },
  task: ({ rooms }, { measure }) => ({ kind: 'idle', rooms, perRoom, measure }),
  headline: { figure: 'memoryPerConnection', unit: 'bytes/connection', better: 'less' },
})

export const plans: Record<string, Plan> = {
  'fan-out-1': fanOut(500, 1),
  'fan-out-64': fanOut(500, 64),
  'fan-out-256': fanOut(500, 256),
  'fan-out-5000': fanOut(5000, 64, 5),
  'many-rooms': {
    words: '100 rooms of 10, all post, 64 posts on their way',
    ...{ rooms: 100, perRoom: 10 },
    task: ({ rooms }, times) => ({ kind: 'chorus', rooms, perRoom: 10, senders: 'all', load: { inFlight: 64 }, textBytes, ...times }),
    headline: deliveries,
  },
  'rate-10': {
    words: 'one room, 500 readers, 10 posts a second',
    ...{ rooms: 1, perRoom: 500 },
    task: ({ rooms }, times) => ({ kind: 'chorus', rooms, perRoom: 500, senders: 'one', load: { perSecond: 10 }, textBytes, ...times }),
    headline: { figure: 'p99', unit: 'ms (p99)', better: 'less' },
  },
  'posts-1': posts(1),
  'posts-20': posts(20),
  connects: connects(false),
  'connects-resumed': connects(true),
  'idle-5000': idle(50),
  'idle-10000': idle(100),
}
