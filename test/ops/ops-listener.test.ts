import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { openOpsListener } from '../../src/ops/ops-listener.ts'
import { textOf } from './parley.ts'

async function listening(t: TestContext, more: { metrics?: () => string } = {}) {
  const state = { ok: true, reasons: [] as string[] }
  const listener = await openOpsListener({ host: '127.0.0.1', port: 0, ready: () => state, ...more })
  let open = true
  const close = async () => {
    if (open) await listener.close()
    open = false
  }
  t.after(close)
  return {
    state,
    close,
    port: listener.port,
    get: (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${listener.port}${path}`, init),
  }
}

test('a probe sees that the process lives and whether it takes people in', async (t) => {
  const { state, get } = await listening(t)
  assert.equal((await get('/livez')).status, 200)
  assert.deepEqual(await (await get('/readyz')).json(), { ok: true, reasons: [] })
  Object.assign(state, { ok: false, reasons: ['draining'] })
  const answer = await get('/readyz')
  assert.equal(answer.status, 503)
  assert.equal(answer.headers.get('retry-after'), '5')
  assert.deepEqual(await answer.json(), { ok: false, reasons: ['draining'] })
  assert.equal((await get('/livez')).status, 200)
})

test('metrics are there when there is something to measure', async (t) => {
  const without = await listening(t)
  assert.equal((await without.get('/metrics')).status, 404)
  const withThem = await listening(t, { metrics: () => 'parley_connections 3\n' })
  assert.equal(await (await withThem.get('/metrics')).text(), 'parley_connections 3\n')
})

test('anything else is not there (HTTP-10)', async (t) => {
  const { get } = await listening(t)
  for (const path of ['/', '/livez/', '/../livez?x', '/api/v1/session', '/%'])
    assert.equal((await get(path)).status === 404, path !== '/../livez?x', path)
  assert.equal((await get('/livez', { method: 'POST' })).status, 404)
  assert.equal((await get('/livez', { method: 'HEAD' })).status, 200)
})

test('a name that somebody points here is not answered; Prometheus asks by address (DNS rebinding)', async (t) => {
  const { port } = await listening(t, { metrics: () => 'parley_connections 3\n' })
  const asked = async (host: string) => {
    const asking = request({ host: '127.0.0.1', port, path: '/metrics', headers: { Host: host } }).end()
    const [answer] = (await once(asking, 'response')) as [IncomingMessage]
    return [answer.statusCode, await textOf(answer)] as const
  }
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`, '10.0.0.9:9464', 'parley:9464', '[fd00::9]'])
    assert.equal((await asked(host))[0], 200, host)
  for (const host of [`evil.example:${port}`, '127.0.0.1.evil.example', 'localhost.evil.example', 'x:y:z', '[::1', '1.2.3']) {
    const [status, text] = await asked(host)
    assert.equal(status, 421, host)
    assert.match(text, /ask by address, or by the name in ops\.host/)
  }
})

test('a probe of HTTP/1.0, which names nobody, is answered', async (t) => {
  const { port } = await listening(t)
  const socket = connect(port, '127.0.0.1')
  socket.write('GET /readyz HTTP/1.0\r\n\r\n')
  assert.match(await textOf(socket), /^HTTP\/1\.1 200 OK\r\n/)
})

test('a port that is taken is said in words', async (t) => {
  const { port } = await listening(t)
  await assert.rejects(
    openOpsListener({ host: '127.0.0.1', port, ready: () => ({ ok: true, reasons: [] }) }),
    new RegExp(`ops\\.port ${port} on 127\\.0\\.0\\.1 is in use`),
  )
})

test('closing does not wait for a client that says nothing', async (t) => {
  const { port, close } = await listening(t)
  const silent = connect(port, '127.0.0.1')
  await once(silent, 'connect')
  const gone = once(silent, 'close')
  silent.on('error', () => undefined)
  await close()
  await gone
})
