import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import { createSecureContext } from 'node:tls'
import { createClient } from 'redis'
import { WebSocketServer } from 'ws'
import { Line } from '../../../src/outside/line.ts'
import { makeDevelopmentPair } from '../../../src/tls/development-ca.ts'

/*
 * A trial for docs/decisions/0028: what a write to a reader costs when one process has all of them, and when several share
 * one port and are told over Redis what to write. `node test/bench/trials/cores.ts [READERS]`; wants redis-server.
 */

const text = 'x'.repeat(16 * 280) // sixteen events
const perSecond = 40
const measured = 3000
const readers = Number(process.argv[2] ?? 200)
const { ROLE, REDIS, KEY, CERT, PORT, ALONE } = process.env

if (ROLE === 'edge') await serve()
else await compare()

/** One of the processes: holds connections, writes to each what it is told. */
async function serve(): Promise<void> {
  const server = createServer({ key: KEY, cert: CERT, ALPNProtocols: ['http/1.1'] })
  const sockets = new Set<Duplex>()
  let writes = 0
  server.on('upgrade', (_, socket) => sockets.add(socket))
  new WebSocketServer({ server, perMessageDeflate: false })
  const frame = Buffer.alloc(4 + text.length)
  frame.set([0x81, 126])
  frame.writeUInt16BE(text.length, 2)
  function tell(words: string): void {
    const bytes = Buffer.from(frame)
    bytes.write(words, 4)
    for (const socket of sockets) socket.write(bytes)
    writes += sockets.size
  }
  if (ALONE) setInterval(() => tell(text), 1000 / perSecond)
  else {
    const redis = createClient({ socket: { path: REDIS as string, tls: false } })
    await redis.connect()
    await redis.subscribe('room', tell)
  }
  process.on('disconnect', () => process.exit())
  let from = process.cpuUsage()
  process.on('message', () => {
    const { user, system } = process.cpuUsage(from)
    process.send?.({ cpu: user + system, writes, connections: sockets.size })
    from = process.cpuUsage()
    writes = 0
  })
  server.listen({ port: Number(PORT), host: '127.0.0.1', reusePort: true }, () =>
    process.send?.({ port: (server.address() as AddressInfo).port }),
  )
}

async function compare(): Promise<void> {
  const pair = await makeDevelopmentPair(Date.now())
  const path = join(mkdtempSync(join(tmpdir(), 'parley-trial-')), 'redis.sock')
  const redis = spawn('redis-server', ['--port', '0', '--unixsocket', path, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  await pause(500)
  const told = createClient({ socket: { path, tls: false } })
  await told.connect()
  const publishing = setInterval(() => void told.publish('room', text), 1000 / perSecond)
  for (const [alone, count] of [
    [true, 1],
    [false, 1],
    [false, 2],
    [false, 4],
  ] as const) {
    const edges: ChildProcess[] = []
    let port = 0
    for (let i = 0; i < count; i++) {
      const env = { ...process.env, ROLE: 'edge', REDIS: path, KEY: pair.key, CERT: pair.cert, PORT: String(port), ALONE: alone ? '1' : '' }
      const edge = fork(import.meta.filename, [], { env })
      ;[{ port }] = (await once(edge, 'message')) as [{ port: number }]
      edges.push(edge)
    }
    const target = { host: '127.0.0.1', port, servername: 'localhost', secureContext: createSecureContext({ ca: pair.ca }) }
    const lines = await Promise.all(Array.from({ length: readers }, () => Line.dial(target, { path: '/', headers: {} })))
    for (const line of lines) line.heard = () => undefined
    await ask(edges)
    await pause(measured)
    const seen = await ask(edges)
    const [cpu, writes] = [seen.reduce((sum, one) => sum + one.cpu, 0), seen.reduce((sum, one) => sum + one.writes, 0)]
    const how = alone ? 'alone' : 'told over Redis'
    const spread = seen.map(({ connections }) => connections).join(' + ')
    process.stdout.write(`${count} ${how}: ${(cpu / writes).toFixed(1)} µs a write, connections ${spread}\n`)
    for (const line of lines) line.leave()
    for (const edge of edges) edge.kill()
  }
  clearInterval(publishing)
  redis.kill()
  process.exit()
}

type Seen = { cpu: number; writes: number; connections: number }

async function ask(edges: ChildProcess[]): Promise<Seen[]> {
  const answers = edges.map(async (edge) => {
    edge.send('now')
    return ((await once(edge, 'message')) as [Seen])[0]
  })
  return Promise.all(answers)
}
