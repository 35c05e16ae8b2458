import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import pino from 'pino'
import { startServer } from '../../src/app.ts'
import { watchLoopDelay } from '../../src/ops/metrics/loop-delay.ts'
import { table } from '../../src/ops/metrics/table.ts'
import type { Running } from '../../src/ops/running.ts'
import { Visitor } from '../http/visitor.ts'
import { freePort } from '../support/free-port.ts'
import { Figures } from './figures.ts'

const root = mkdtempSync(join(tmpdir(), 'parley-metrics-'))
let running: Running
let opsPort: number

before(async () => {
  opsPort = await freePort()
  const env = { PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: String(opsPort) }
  running = await startServer({ root, env, log: pino({ level: 'silent' }, { write: () => undefined }), onFatal: assert.fail })
})
after(async () => {
  await running.close()
  rmSync(root, { recursive: true, force: true })
})

const collect = () => fetch(`http://127.0.0.1:${opsPort}/metrics`)
const figures = async () => new Figures(await (await collect()).text())

test('a collector gets every metric of the table with its type and words, and nothing else', async () => {
  const answer = await collect()
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  const text = await answer.text()
  const { types } = new Figures(text)
  assert.deepEqual([...types].sort(), [...table].map(([name, { type }]) => [name, type]).sort())
  for (const [name, { help }] of table) assert.ok(text.includes(`# HELP ${name} ${help}\n`), name)
})

test('it is not at the public address (HTTP-10)', async () => {
  const ca = readFileSync(join(root, 'certs/ca.pem'), 'utf8')
  const stranger = new Visitor({ port: running.port, ca, origin: running.url })
  for (const path of ['/metrics', '/metrics/', '/api/v1/metrics', '//metrics', '/livez/../metrics']) {
    const { status, text } = await stranger.get(path)
    assert.equal(status, 404, path)
    assert.ok(!text.includes('parley_connections'))
  }
  stranger.close()
})

test('the certificate in force is there with its days, and a pair that is refused shows', async () => {
  const good = await figures()
  assert.ok(good.get('parley_certificate_days_left') > 1)
  assert.equal(good.get('parley_certificate_refused'), 0)
  const chain = join(root, 'certs/fullchain.pem')
  const before = readFileSync(chain)
  writeFileSync(chain, 'nothing that anybody could read')
  await running.reload()
  const bad = await figures()
  assert.equal(bad.get('parley_certificate_refused'), 1)
  assert.equal(bad.get('parley_certificate_days_left'), good.get('parley_certificate_days_left'), 'the one before is in force')
  writeFileSync(chain, before)
  await running.reload()
  assert.equal((await figures()).get('parley_certificate_refused'), 0)
})

test('many who collect at once all get the whole', async () => {
  const whole = (await figures()).samples.map(({ name }) => name)
  for (const { samples } of await Promise.all(Array.from({ length: 20 }, figures)))
    assert.deepEqual(
      samples.map(({ name }) => name),
      whole,
    )
})

test('an event loop that was held up shows by how much', async () => {
  const delay = watchLoopDelay()
  await wait(60)
  const until = performance.now() + 300
  while (performance.now() < until);
  await wait(60)
  const { p50, p99, max } = delay.read()
  delay.close()
  assert.ok(max > 0.2, `${max}`)
  assert.ok(p50 <= p99 && p99 <= max)
})
