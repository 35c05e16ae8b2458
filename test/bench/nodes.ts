import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { WebSocket } from 'ws'
import { type AdminClient, connectAdmin } from '../../src/ops/admin-client.ts'
import { type NodeProcess, startNode, stopNode } from '../cluster/process.ts'
import { Figures } from '../ops/figures.ts'
import { freePort } from '../support/free-port.ts'
import { newKey } from '../support/guest.ts'
import { TestPostgres } from '../support/postgres.ts'
import { startRedis, type TestRedis } from '../support/redis.ts'
import { cpuOf } from './processes.ts'

/**
 * What a message costs on one, two and three nodes: the processor time of the nodes, PostgreSQL and Redis for the same posts, in large
 * rooms and in small ones. Four costs (of a commit, of a delivery, of a letter from another node, and of being there) are fitted to the
 * points of one and of three nodes, and have to foretell those of two.
 *
 *   npm run bench:nodes -- [--seconds 8]
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '8' } } })
const seconds = Number(values.seconds)

/** All connections have one room open; posts a second, over all rooms. */
const shapes = [
  { name: 'large rooms', rooms: 4, members: 50, posts: 80 },
  { name: 'small rooms', rooms: 100, members: 2, posts: 240 },
] as const
type Shape = (typeof shapes)[number]
const people = 200

const loose = Object.fromEntries(
  ['POSTSPERSECOND', 'POSTBURST', 'HANDSHAKESPERSECONDPERADDRESS'].map((name) => [`PARLEY__LIMITS__${name}`, '100000']),
)

interface Point {
  nodes: number
  shape: Shape
  /** What was done, and seconds of processor time that it took. */
  posts: number
  deliveries: number
  heard: number
  commits: number
  cpu: { nodes: number; postgres: number; redis: number }
}

interface Stage {
  nodes: NodeProcess[]
  postgres: TestPostgres
  redis: TestRedis
  redisPid: number
  tokens: string[]
  admin: AdminClient
  ca: string
}

/** What has been counted so far. */
async function count({ nodes, postgres, redisPid }: Stage): Promise<Omit<Point, 'nodes' | 'shape'>> {
  const texts = await Promise.all(nodes.map(async ({ ports }) => (await fetch(`http://127.0.0.1:${ports.ops}/metrics`)).text()))
  const all = texts.map((text) => new Figures(text))
  const sum = (name: string, labels = {}) => all.reduce((total, figures) => total + figures.get(name, labels), 0)
  const postmaster = Number(readFileSync(join(postgres.data, 'postmaster.pid'), 'utf8').split('\n')[0])
  return {
    posts: sum('parley_posts_total', { outcome: 'fresh' }),
    deliveries: sum('parley_events_delivered_total'),
    heard: sum('parley_bus_messages_total', { way: 'heard' }),
    commits: sum('parley_commit_seconds_count'),
    cpu: {
      nodes: nodes.reduce((total, { process: child }) => total + cpuOf(child.pid as number), 0),
      postgres: cpuOf(postmaster),
      redis: cpuOf(redisPid),
    },
  }
}

/** Somebody with one room open, who can say something there. */
async function sits(url: string, ca: string, token: string, room: string): Promise<{ say(): void; leave(): void }> {
  const ws = new WebSocket(url, ['parley.v1'], { ca, headers: { authorization: `Bearer ${token}` } })
  const next = (word: string) =>
    new Promise<void>((resolve, reject) => {
      const hear = (data: Buffer) => {
        if (!data.includes(word)) return
        ws.off('message', hear)
        resolve()
      }
      ws.on('message', hear).once('error', reject)
    })
  await next('"welcome"')
  ws.send(JSON.stringify({ type: 'open', ref: 1, rooms: [{ room }] }))
  await next('"ref":1')
  let ref = 1
  const text = 'x'.repeat(100)
  return {
    say: () => ws.send(JSON.stringify({ type: 'post', ref: ++ref, room, key: newKey(), text })),
    leave: () => ws.terminate(),
  }
}

async function measure(stage: Stage, shape: Shape): Promise<Point> {
  const { nodes, tokens, admin, ca } = stage
  const seats: Awaited<ReturnType<typeof sits>>[] = []
  for (let at = 0; at < shape.rooms; at++) {
    const members = Array.from({ length: shape.members }, (_, i) => (at * shape.members + i) % people)
    const given = { name: `${shape.name} ${at}`, kind: 'private', members: members.map((i) => `p${i}`) }
    const { id } = (await admin.ask('roomAdd', given)) as { id: string }
    // The members of one room are spread over all nodes.
    for (const [i, who] of members.entries()) {
      const node = nodes[(at + i) % nodes.length] as NodeProcess
      seats.push(await sits(`wss://localhost:${node.ports.node}/ws`, ca, tokens[who] as string, id))
    }
  }
  const talk = async (ms: number) => {
    const began = performance.now()
    for (let said = 0; performance.now() - began < ms; await pass(5))
      for (; said < ((performance.now() - began) * shape.posts) / 1000; said++) seats[(said * 37) % seats.length]?.say()
  }
  await talk(2000)
  const before = await count(stage)
  await talk(seconds * 1000)
  const after = await count(stage)
  for (const seat of seats) seat.leave()
  const grew = (what: 'posts' | 'deliveries' | 'heard' | 'commits') => after[what] - before[what]
  const cpu = { nodes: 0, postgres: 0, redis: 0 }
  for (const part of ['nodes', 'postgres', 'redis'] as const) cpu[part] = after.cpu[part] - before.cpu[part]
  return {
    nodes: nodes.length,
    shape,
    posts: grew('posts'),
    deliveries: grew('deliveries'),
    heard: grew('heard'),
    commits: grew('commits'),
    cpu,
  }
}

async function onNodes(many: number, postgres: TestPostgres, redis: TestRedis): Promise<Point[]> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bench-nodes-'))
  const settings = {
    ...loose,
    PARLEY__TLS__DIR: join(folder, 'certs'),
    PARLEY__LOG__LEVEL: 'warn',
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__BUS__URL: redis.url,
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
  }
  const nodes: NodeProcess[] = []
  try {
    for (let i = 0; i < many; i++)
      nodes.push(await startNode({ name: `node${i}`, folder, ports: { node: await freePort(), ops: await freePort() }, settings }))
    const admin = await connectAdmin(join(folder, 'node0', 'parley.sock'))
    if (!admin) throw new Error('The first node takes no orders.')
    const tokens: string[] = []
    for (let i = 0; i < people; i++) {
      await admin.ask('accountAdd', { name: `p${i}` })
      tokens.push(((await admin.ask('tokenIssue', { account: `p${i}`, ttl: 3_600_000 })) as { token: string }).token)
    }
    const about = String(await redis.tell('INFO', 'server'))
    const redisPid = Number(/process_id:(\d+)/.exec(about)?.[1])
    const stage = { nodes, postgres, redis, redisPid, tokens, admin, ca: readFileSync(join(folder, 'certs', 'ca.pem'), 'utf8') }
    const points = []
    for (const shape of shapes) points.push(await measure(stage, shape))
    admin.close()
    return points
  } finally {
    await Promise.all(nodes.map(stopNode))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a message of 100 bytes takes in the database, its indexes and room left for change included. */
async function bytesPerMessage(postgres: TestPostgres): Promise<number> {
  const { database } = await postgres.database()
  const many = 100_000
  await postgres.ask(
    database,
    `insert into event (room, seq, id, kind, account, at, key, n, text)
     select 'room-' || substr(md5((i % 1000)::text), 1, 17), i / 1000 + 1, substr(md5(i::text), 1, 22), 'message', substr(md5((i % 50)::text), 1, 22),
       1795000000000 + i, substr(md5('key' || i), 1, 20), i / 1000 + 1, repeat('x', 100) from generate_series(0, ${many - 1}) as i`,
  )
  const size = `select sum(pg_total_relation_size(oid))::float8 as bytes from pg_class where relkind = 'r' and relname ~ '^event_[0-9]+$'`
  return Number((await postgres.ask(database, size))[0]?.bytes) / many
}

/** What each cost is multiplied by. */
const factors = ({ nodes, commits, deliveries, heard }: Point): number[] => [commits, deliveries, heard, nodes * seconds]

/** Least squares, each point weighed by what it took, so that a share of it counts and not its size. */
function fit(points: Point[]): number[] {
  const rows = points.map((point) => [...factors(point), point.cpu.nodes].map((n) => n / point.cpu.nodes))
  const size = factors(points[0] as Point).map((_, i) => i)
  const left = size.map((i) => [...size, size.length].map((j) => rows.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0)))
  for (const i of size)
    for (const k of size) {
      const [pivot, other] = [left[i], left[k]] as [number[], number[]]
      if (i === k) continue
      const share = (other[i] ?? 0) / (pivot[i] ?? 1)
      for (let j = 0; j <= size.length; j++) other[j] = (other[j] ?? 0) - share * (pivot[j] ?? 0)
    }
  return size.map((i) => (left[i]?.[size.length] ?? 0) / (left[i]?.[i] ?? 1))
}

// What was started goes with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const postgres = await TestPostgres.start()
const redis = await startRedis()
const points: Point[] = []
let bytes = 0
try {
  for (const many of [1, 2, 3]) points.push(...(await onNodes(many, postgres, redis)))
  bytes = await bytesPerMessage(postgres)
} finally {
  await redis.close()
  await postgres[Symbol.asyncDispose]()
}

const micro = (s: number, per: number): string => (per === 0 ? '-' : ((s * 1e6) / per).toFixed(0)).padStart(7)
const costs = fit(points.filter(({ nodes }) => nodes !== 2))
const foretold = (point: Point) => factors(point).reduce((sum, factor, i) => sum + factor * (costs[i] ?? 0), 0)
const print = (line: string) => void process.stdout.write(`${line}\n`)
print(`${people} connections, ${seconds} s each. µs of processor time:`)
print(
  'nodes  rooms         posts  deliveries  heard  commits | all nodes per delivery  per post | PostgreSQL per post | Redis per post | model',
)
for (const point of points) {
  const { nodes, shape, posts, deliveries, heard, commits, cpu } = point
  const counts = [posts, deliveries, heard, commits].map((n) => String(n).padStart(8)).join(' ')
  const off = `${((foretold(point) / cpu.nodes - 1) * 100).toFixed(0)} %`
  const all = `${micro(cpu.nodes, deliveries)} ${micro(cpu.nodes, posts)} ${micro(cpu.postgres, posts)} ${micro(cpu.redis, posts)}`
  print(`${nodes}      ${shape.name} ${counts} ${all}   ${off}`)
}
const [commit = 0, delivery = 0, letter = 0, idle = 0] = costs.map((s) => s * 1e6)
print(
  `fitted to one and three nodes, in µs: a commit ${commit.toFixed(0)}, a delivery ${delivery.toFixed(1)}, a letter heard ${letter.toFixed(0)},`,
)
print(`and ${(idle / 1000).toFixed(0)} ms for each node and second, whatever it does`)
print(`a message of 100 bytes takes ${bytes.toFixed(0)} bytes in PostgreSQL`)
process.exit(0)
