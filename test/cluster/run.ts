import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensurePrograms } from '../setup.ts'
import { freePort } from '../support/free-port.ts'
import { TestPostgres } from '../support/postgres.ts'
import { startRedis } from '../support/redis.ts'
import { startBalancer } from './balancer.ts'
import { type NodeProcess, startNode, stopNode } from './process.ts'

/**
 * A whole cluster on this machine, to look at and to break: PostgreSQL, Redis, three nodes and HAProxy in front. Everything lies in a
 * temporary folder and is gone when it ends. Only 127.0.0.1 is listened on.
 *
 *   npm run cluster -- [--port 8443] [--nodes 3]
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '8443' }, nodes: { type: 'string', default: '3' } } })
const say = (words: string) => void process.stderr.write(`${words}\n`)
const [port, count] = [Number(values.port), Number(values.nodes)]

const folder = mkdtempSync(join(tmpdir(), 'parley-cluster-'))
/** What has been started, to be ended in the opposite order. */
const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })]
let ending: Promise<void> | undefined
async function end(code: number): Promise<void> {
  for (const step of undo.splice(0).reverse()) await step()
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    say('stopping …')
    ending ??= end(0)
  })

async function start(): Promise<NodeProcess[]> {
  ensurePrograms(say)
  say('starting PostgreSQL and Redis …')
  const postgres = await TestPostgres.start()
  undo.push(() => postgres[Symbol.asyncDispose]())
  const redis = await startRedis()
  undo.push(() => redis.close())
  const settings = {
    PARLEY__SERVER__PUBLICURL: `https://localhost:${port}`,
    PARLEY__SERVER__PROXYPROTOCOL: 'true',
    PARLEY__TLS__DIR: join(folder, 'certs'),
    PARLEY__STORE__URL: postgres.url(await postgres.database()),
    PARLEY__BUS__URL: redis.url,
    PARLEY__SECRETS__MASTERKEY: randomBytes(32).toString('base64'),
  }
  const nodes: NodeProcess[] = []
  undo.push(() => Promise.all(nodes.map(stopNode)))
  for (let i = 1; i <= count && !ending; i++) {
    // One after the other: the first makes the certificate that all of them show.
    nodes.push(await startNode({ name: `node${i}`, folder, ports: { node: await freePort(), ops: await freePort() }, settings }))
    say(`node${i} is ready`)
  }
  const ports = nodes.map((node) => node.ports)
  const balancer = startBalancer(folder, port, ports)
  undo.push(() => balancer.kill('SIGTERM'))
  return nodes
}

function tell(nodes: NodeProcess[]): void {
  const link = nodes.map(({ dataDir }) => join(dataDir, 'setup-link')).find(existsSync)
  const lines = [
    `\nParley, ${count} nodes:   https://localhost:${port}`,
    ...(link ? [`The first account:  ${readFileSync(link, 'utf8').trim()}`] : []),
    `Its authority:      ${join(folder, 'certs', 'ca.pem')} (to be trusted in your browser)`,
    ...nodes.map(
      ({ name, process: child, ports, dataDir }) =>
        `${name}: pid ${child.pid}, port ${ports.node}, metrics http://127.0.0.1:${ports.ops}/metrics, data ${dataDir}`,
    ),
    'Try: kill PID (drains), kill -9 PID, kill -STOP PID. Ctrl-C ends all of it.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

try {
  tell(await start())
} catch (error) {
  say(error instanceof Error ? error.message : String(error))
  ending ??= end(1)
}
