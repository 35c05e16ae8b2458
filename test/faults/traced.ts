import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSecureContext } from 'node:tls'
import { textOf } from '../../src/check/seen.ts'
import { Line } from '../../src/outside/line.ts'
import { newKey } from '../support/guest.ts'
import type { Deployment } from './deployment.ts'
import type { Node } from './node.ts'
import { attach } from './strace.ts'
import { type Call, callsIn, syncOf } from './syncs.ts'

/*
 * What a power cut leaves is what was synced. Whoever writes the store runs under strace, which writes down each write with what was
 * written, and each sync. Every sync is made `delay` longer at its beginning. So an acknowledgement that waits for its sync comes at
 * least that long after the sync began; one that does not comes before. Keys are legible in what is written; the answer is TLS, but it is
 * enough to know when a person had it, by the same clock.
 */

/** ms. */
const delay = 15
/** ms by which two readings of one clock may differ: strace's, in µs, and Date's, in whole ms. */
const rounding = 1

export interface Talk {
  posts: number
  /** On their way at a time. */
  atOnce: number
}

interface Traced extends Talk {
  deployment: Deployment
  /** Of whoever writes the store, as soon as something has been written. */
  pids: () => readonly number[]
  /** What stands in the name of each file that has to be synced; nothing: any. */
  file?: string
}

/** When each message was acknowledged, in ms since 1970, and what was done to the store. */
export async function acknowledgedUnderTrace({ deployment, pids, file, posts, atOnce }: Traced) {
  const folder = mkdtempSync(join(tmpdir(), 'parley-trace-'))
  try {
    const trace = join(folder, 'trace')
    const node = deployment.nodes[0] as Node
    const { id: room } = (await node.ask('roomAdd', { name: 'Tea', members: ['ada'], kind: 'private' })) as { id: string }
    const calls = ['-e', 'trace=pwrite64,fdatasync,fsync', '-e', `inject=fdatasync,fsync:delay_enter=${delay * 1000}`]
    const letGo = await attach(pids(), ['-ttt', '-y', '-s', '2000000', ...calls, '-o', trace])
    const acknowledged = await talk(deployment, room, { posts, atOnce }).finally(letGo)
    const all = callsIn(readFileSync(trace, 'utf8'))
    return { acknowledged, calls: all.filter(({ words }) => file === undefined || words.includes(file)) }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function talk({ nodes, ca, tokens }: Deployment, room: string, { posts, atOnce }: Talk): Promise<Map<string, number>> {
  const secureContext = createSecureContext({ ca: ca.split(/(?<=-----END CERTIFICATE-----)\n/) })
  const target = { host: '127.0.0.1', port: (nodes[0] as Node).port, servername: 'localhost', secureContext }
  const headers = { 'Sec-WebSocket-Protocol': 'parley.v1', Authorization: `Bearer ${tokens[0]}` }
  const line = await Line.dial(target, { path: '/ws', headers })
  await line.next((text) => (text.startsWith('{"type":"welcome"') ? true : undefined))
  const keys = Array.from({ length: posts }, newKey)
  const acknowledged = new Map<string, number>()
  await new Promise<void>((done) => {
    let said = 0
    const say = () => {
      const key = keys[said++]
      if (key !== undefined) line.say(JSON.stringify({ type: 'post', ref: said, room, key, text: textOf(key) }))
    }
    line.listen((text) => {
      const [, ref] = /^\{"type":"ok","ref":(\d+),"seq"/.exec(text) ?? []
      if (ref === undefined) return
      acknowledged.set(keys[Number(ref) - 1] as string, Date.now())
      if (acknowledged.size === posts) done()
      else say()
    })
    for (let i = 0; i < atOnce; i++) say()
  })
  line.leave()
  return acknowledged
}

/** Keys whose acknowledgement came before the sync that holds them could have ended. */
export function tooEarly({ acknowledged, calls }: { acknowledged: Map<string, number>; calls: Call[] }): string[] {
  return [...acknowledged]
    .filter(([key, at]) => {
      const begun = syncOf(calls, key)
      return begun === undefined || at + rounding < begun + delay
    })
    .map(([key]) => key)
}

/** How people talk under a trace. */
export const talks: readonly (Talk & { how: string })[] = [
  { posts: 30, atOnce: 1, how: 'one at a time' },
  { posts: 600, atOnce: 64, how: 'many at a time' },
]
