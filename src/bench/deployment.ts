import { createSecureContext, rootCertificates } from 'node:tls'
import { ask } from '../outside/ask.ts'
import { Line, type Target } from '../outside/line.ts'
import { type Dialect, parleyDialect } from './dialect.ts'
import { type Figures, perform, type Task } from './task.ts'

export const scenarios = {
  'fan-out': 'one posts, all read',
  posts: 'posts until they are on disk, nobody reads',
  connects: 'connections from nothing, until the welcome',
  'connects-resumed': 'the same, going on with a TLS session',
  idle: 'connections that only listen, and nothing to hear',
} as const
export type Scenario = keyof typeof scenarios

export interface DeploymentBench {
  /** https://HOST or https://HOST:PORT. */
  url: string
  /** Session tokens; connections take them in turn. */
  tokens: readonly string[]
  /** Certificates in PEM that are believed beside the usual ones. */
  ca?: string
  scenario: Scenario
  connections: number
  load: { inFlight: number } | { perSecond: number }
  /** ms. */
  measure: number
  progress: (words: string) => void
}

const textBytes = 100
/** Most ms of warming up. */
const warmUp = 2000

/**
 * Measures a Parley from outside, with tokens of its people. It makes a private room of them to talk in.
 * @throws Error in words, when a token is not taken or a limit of that server is met.
 */
export async function benchDeployment(bench: DeploymentBench): Promise<Figures> {
  const { url, tokens, ca, connections, scenario, progress } = bench
  const { hostname, port } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const target: Target = {
    host,
    port: Number(port || 443),
    servername: host,
    ...(ca !== undefined && { secureContext: createSecureContext({ ca: [...rootCertificates, ca] }) }),
  }
  const dialect = parleyDialect(tokens)
  const accounts = new Set<string>()
  for (let i = 0; i < Math.min(tokens.length, connections); i++) accounts.add(await accountOf(target, dialect, i))
  const room = await makeRoom(target, tokens[0] as string, [...accounts].slice(1))
  progress(`${scenarios[scenario]}, in a new private room ${room}`)
  return perform(taskOf(bench, room), { target, dialect, progress, window: async () => undefined })
}

function taskOf({ scenario, connections, load, measure }: DeploymentBench, room: string): Task {
  const times = { warm: Math.min(measure, warmUp), measure }
  const inFlight = 'inFlight' in load ? load.inFlight : 1
  switch (scenario) {
    case 'fan-out':
      return { kind: 'chorus', rooms: [room], perRoom: connections, senders: 'one', load, textBytes, ...times }
    case 'posts':
      return { kind: 'posts', rooms: Array.from({ length: connections }, () => room), inFlight, textBytes, ...times }
    case 'connects':
    case 'connects-resumed':
      return { kind: 'connects', atOnce: connections, resumed: scenario === 'connects-resumed', room, ...times }
    case 'idle':
      return { kind: 'idle', rooms: [room], perRoom: connections, measure }
  }
}

async function accountOf(target: Target, dialect: Dialect, i: number): Promise<string> {
  const line = await Line.dial(target, dialect.wish(i, ''))
  try {
    return await line.next((text) => /^\{"type":"welcome".*?"account":\{"id":"([\w-]+)"/.exec(text)?.[1])
  } finally {
    line.leave()
  }
}

async function makeRoom(target: Target, token: string, members: string[]): Promise<string> {
  const name = `bench ${new Date().toISOString().slice(0, 19)}`
  const headers = { Authorization: `Bearer ${token}` }
  const { status, body } = await ask(target, { method: 'POST', path: '/api/v1/rooms', headers, body: { name, kind: 'private', members } })
  const { id, detail } = (body ?? {}) as { id?: string; detail?: string }
  if (id === undefined) throw new Error(`A room could not be made: ${detail ?? `HTTP ${status}`}`)
  return id
}
