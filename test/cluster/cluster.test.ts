import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { connectAdmin } from '../../src/ops/admin-client.ts'
import { Visitor } from '../http/visitor.ts'
import { password, textOf } from '../ops/parley.ts'
import { missingWords } from '../setup.ts'
import { freePort } from '../support/free-port.ts'
import { Guest } from '../support/guest.ts'
import { startBalancer } from './balancer.ts'

const run = resolve(import.meta.dirname, 'run.ts')

/** As from a terminal: a group of processes of its own, to which Ctrl-C goes as a whole. */
function launch(t: TestContext, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [run, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = once(child, 'exit') as Promise<[number | null]>
  const interrupt = () => child.exitCode === null && process.kill(-(child.pid as number), 'SIGINT')
  t.after(async () => {
    interrupt()
    await ended
  })
  const stderr = textOf(child.stderr)
  const told = (async () => {
    const lines: string[] = []
    for await (const line of createInterface({ input: child.stdout })) {
      lines.push(line)
      if (line.includes('Ctrl-C ends')) break
    }
    child.stdout.resume()
    return lines.join('\n')
  })()
  return { pid: child.pid as number, told, ended, stderr, interrupt }
}

/** All that come from this one, and theirs. */
function offspring(pid: number): number[] {
  const rows = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' }).stdout.trim().split('\n')
  const pairs = rows.map((row) => row.trim().split(/\s+/).map(Number) as [number, number])
  const below = (of: number): number[] => pairs.filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)])
  return below(pid)
}

const isThere = (pid: number) => existsSync(`/proc/${pid}`)

test('one command starts a cluster: ada and bob sign in on two nodes and talk, behind either balancer, and Ctrl-C leaves nothing', async (t) => {
  const port = await freePort()
  const cluster = launch(t, ['--port', String(port), '--nodes', '2'])
  const told = await cluster.told
  assert.match(told, /The first account: +https:\/\/localhost:\d+\/setup#/)
  const folder = dirnameOf(told)
  const ca = readFileSync(join(folder, 'certs', 'ca.pem'), 'utf8')
  const admin = (await connectAdmin(join(folder, 'node1', 'parley.sock'))) ?? assert.fail('node1 takes no orders')
  t.after(() => admin.close())
  for (const name of ['ada', 'bob']) await admin.ask('accountAdd', { name, password })
  const { id: room } = (await admin.ask('roomAdd', { name: 'Tea', members: ['ada', 'bob'] })) as { id: string }

  const at = (where: number, headers: Record<string, string>, protocols: string[]) => {
    const guest = new Guest(`wss://localhost:${where}/ws`, { ca, headers, protocols })
    t.after(() => guest.ws.terminate())
    return guest
  }
  const origin = `https://localhost:${port}`
  async function signsIn(name: string, where: number): Promise<{ guest: Guest; node: unknown }> {
    const visitor = new Visitor({ port: where, ca, origin })
    const { json, status, text } = await visitor.post('/api/v1/login', { name, password })
    assert.equal(status, 200, text)
    visitor.csrf = json.csrf
    const { ticket } = (await visitor.post('/api/v1/ticket')).json
    visitor.close()
    const guest = at(where, { cookie: visitor.cookieHeader ?? '', origin }, ['parley.v1', `parley.ticket.${ticket}`])
    return { guest, node: (await guest.hears('welcome')).node }
  }
  const nginx = await freePort()
  const nodes = [...told.matchAll(/port (\d+)/g)].map(([, node]) => ({ node: Number(node) }))
  const front = await startBalancer({ which: 'nginx', folder, port: nginx, nodes })
  t.after(() => front.kill())
  for (const where of [port, nginx]) {
    const ada = await signsIn('ada', where)
    let bob = await signsIn('bob', where)
    while (bob.node === ada.node) bob = await signsIn('bob', where)
    for (const { guest } of [ada, bob]) await guest.open(room)
    await ada.guest.post(room, `hello through ${where}`)
    await bob.guest.hearsText(`hello through ${where}`)
    await bob.guest.post(room, `hello yourself, ${where}`)
    await ada.guest.hearsText(`hello yourself, ${where}`)
  }

  const all = offspring(cluster.pid)
  assert.ok(all.length >= 5, 'PostgreSQL, Redis, two nodes, HAProxy')
  cluster.interrupt()
  assert.deepEqual(await cluster.ended, [0, null])
  while (all.some(isThere)) await new Promise((resolve) => setTimeout(resolve, 20))
  assert.ok(!existsSync(folder))
})

test('a program that is missing, a port that is taken and an option that is none are said in words', async (t) => {
  const odd = launch(t, ['--balancer', 'envoy'])
  assert.deepEqual(await odd.ended, [1, null])
  assert.match(await odd.stderr, /--balancer haproxy\|nginx/)
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const second = launch(t, ['--port', String(port)])
  assert.deepEqual(await second.ended, [1, null])
  assert.match(await second.stderr, new RegExp(`^Somebody else listens at port ${port}\\.`))
  const words = missingWords(['haproxy', 'initdb'], () => false) ?? ''
  assert.match(
    words,
    /^haproxy \(.*\), initdb \(.*\); install with:\n {2}sudo apt-get update && sudo apt-get install .* haproxy postgresql$/,
  )
})

const dirnameOf = (told: string): string => /Its authority: +(\S+)\/certs\/ca\.pem/.exec(told)?.[1] ?? assert.fail(told)
