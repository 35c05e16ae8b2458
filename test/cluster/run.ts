import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { missingWords } from '../setup.ts'
import { freePort, isFree } from '../support/free-port.ts'
import { TestPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { type Balancer, balancerPrograms, balancers, startBalancer } from './balancer.ts'
import { killNode, type NodeProcess, startNode, stopNode } from './process.ts'

const help = `A whole cluster on this machine, to look at and to break: PostgreSQL, Redis, nodes, and a balancer in front. Everything lies in a
temporary folder and is gone when it ends. Only 127.0.0.1 is listened on.

  npm run cluster -- [--port 8443] [--nodes 3] [--balancer ${balancers.join('|')}]`

const say = (words: string) => void process.stderr.write(`${words}\n`)

interface Asked {
  port: number
  count: number
  balancer: Balancer
}

/** @throws Error in words */
async function asked(): Promise<Asked> {
  const port = { type: 'string', default: '8443' } as const
  const nodes = { type: 'string', default: '3' } as const
  const balancer = { type: 'string', default: 'haproxy' } as const
  const { values } = parseArgs({ options: { port, nodes, balancer, help: { type: 'boolean', default: false } } })
  if (values.help) {
    process.stdout.write(`${help}\n`)
    process.exit(0)
  }
  const which = balancers.find((one) => one === values.balancer)
  const [at, count] = [Number(values.port), Number(values.nodes)]
  const isPort = Number.isInteger(at) && at > 0 && at < 65_536
  if (!which || !isPort || !Number.isInteger(count) || count < 1 || count > 9) throw new Error(`${help}\n\nFrom one to nine nodes.`)
  const words = missingWords(['initdb', 'redis-server', ...balancerPrograms[which]])
  if (words) throw new Error(`This needs ${words}`)
  if (!(await isFree(at))) throw new Error(`Somebody else listens at port ${at}. Another one: npm run cluster -- --port 9443`)
  return { port: at, count, balancer: which }
}

/** What has been started, to be ended in the opposite order. */
const undo: (() => unknown)[] = []
const nodes: NodeProcess[] = []
let isEnding = false

async function start({ port, count, balancer }: Asked): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cluster-'))
  undo.push(() => rmSync(folder, { recursive: true, force: true }))
  say('starting PostgreSQL and Redis …')
  const postgres = await TestPostgres.start()
  undo.push(() => postgres[Symbol.asyncDispose]())
  const redis = await startRedis({ apart: true })
  undo.push(() => redis.close())
  const settings = {
    PARLEY__SERVER__PUBLICURL: `https://localhost:${port}`,
    PARLEY__SERVER__PROXYPROTOCOL: 'true',
    PARLEY__TLS__DIR: join(folder, 'certs'),
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__BUS__URL: redis.url,
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
  }
  undo.push(() => Promise.all(nodes.map(stopNode)))
  for (let i = 1; i <= count && !isEnding; i++) {
    // One after the other: the first makes the certificate that all of them show.
    nodes.push(await startNode({ name: `node${i}`, folder, ports: { node: await freePort(), ops: await freePort() }, settings }))
    say(`node${i} is ready`)
  }
  if (isEnding) return folder
  const front = await startBalancer({ which: balancer, folder, port, nodes: nodes.map(({ ports }) => ports) })
  undo.push(() => front.kill('SIGTERM'))
  return folder
}

function tell(folder: string, { port, count, balancer }: Asked): void {
  const link = nodes.map(({ dataDir }) => join(dataDir, 'setup-link')).find(existsSync)
  const lines = [
    `\nParley, ${count} nodes behind ${balancer}:   https://localhost:${port}`,
    ...(link ? [`The first account:  ${readFileSync(link, 'utf8').trim()}`] : []),
    `Its authority:      ${join(folder, 'certs', 'ca.pem')} (to be trusted in your browser)`,
    ...nodes.map(
      ({ name, process: child, ports, dataDir }) =>
        `${name}: pid ${child.pid}, port ${ports.node}, metrics http://127.0.0.1:${ports.ops}/metrics, data ${dataDir}`,
    ),
    `Commands:           PARLEY__DATA__DIR=${nodes[0]?.dataDir} npm run --silent parley -- status`,
    'Try: kill PID (drains), kill -9 PID, kill -STOP PID. Ctrl-C ends all of it.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function end(code: number): Promise<never> {
  for (const step of undo.splice(0).reverse()) await step()
  process.exit(code)
}

let starting: Promise<string> | undefined
function stop(): void {
  if (isEnding) return nodes.forEach(killNode) // what ends after them is quick
  isEnding = true
  say('stopping … (once more: without draining)')
  // What is being started is ended too, once it is there.
  void Promise.resolve(starting)
    .catch(() => undefined)
    .then(() => end(0))
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
// Nobody would end it any more after whoever started it is gone, or hear what it says.
const parent = process.ppid
setInterval(() => process.ppid !== parent && !isEnding && stop(), 1000).unref()
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

try {
  const what = await asked()
  starting = start(what)
  const folder = await starting
  if (!isEnding) tell(folder, what)
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  if (!isEnding) await end(1)
}
