import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { connectAdmin } from '../../src/ops/admin-client.ts'
import { adminLimits } from '../../src/ops/admin-line.ts'
import { openOffice } from './office.ts'
import { password } from './parley.ts'

async function lastLine(socket: Socket): Promise<{ ok: boolean; code?: string; message?: string; result?: unknown }> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return JSON.parse(text.trim().split('\n').at(-1) ?? '')
}

test('nobody but the owner can open the socket, and a leftover of it is replaced', async (t) => {
  const { file, reopen, closeAdmin, client } = await openOffice(t)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await closeAdmin()
  writeFileSync(file, 'left behind', { mode: 0o666 })
  await reopen()
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(await (await client()).ask('status', {}))
})

test('what is not a request is refused, and the next one is answered', async (t) => {
  const { raw, client } = await openOffice(t)
  for (const line of [
    '',
    'hello',
    '[]',
    'null',
    '{"act":7}',
    '{"act":"accountAdd","input":[1]}',
    '{"act":"status","input":null}',
    '\u0000\ufffd{',
    '{"act":"__proto__"}',
  ]) {
    const socket = await raw()
    socket.end(`${line}\n{"act":"roomList"}\n`)
    assert.deepEqual(await lastLine(socket), { ok: true, result: [] }, line)
  }
  assert.ok(await (await client()).ask('status', {}))
})

test('ten megabytes without an end are cut off, and nobody else notices', async (t) => {
  const { raw, client } = await openOffice(t)
  const other = await client()
  for (const text of ['x'.repeat(10_000_000), `{"act":"status","input":"${'y'.repeat(10_000_000)}"}\n`]) {
    const socket = await raw()
    const said: string[] = []
    socket.on('data', (chunk) => said.push(String(chunk)))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write(text)
    await closed
    // It may have been too busy writing to hear it.
    for (const line of said) assert.equal(JSON.parse(line).code, 'too_large')
    assert.ok(await other.ask('status', {}))
  }
})

test('a command does not even send what is too long', async (t) => {
  const { client } = await openOffice(t)
  const admin = await client()
  await assert.rejects(
    admin.ask('accountAdd', { name: 'x'.repeat(adminLimits.line) }),
    (error: Error & { code: string }) => error.code === 'too_large',
  )
  assert.deepEqual(await admin.ask('accountList', {}), [])
})

test('half a request is not done', async (t) => {
  const { raw, house } = await openOffice(t)
  const socket = await raw()
  socket.end(`{"act":"accountAdd","input":{"name":"ada","password":"${password}"}}`)
  for await (const _ of socket) assert.fail('half a line was answered')
  assert.equal(await house.accounts.count(), 0)
})

test('a request may come in small pieces, and two in one', async (t) => {
  const { raw } = await openOffice(t)
  const socket = await raw()
  for (const piece of ['{"act":"room', 'List"}', '\n{"act":"acc', 'ountList"}\n']) {
    socket.write(piece)
    await new Promise(setImmediate)
  }
  socket.end()
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  assert.deepEqual(text, '{"ok":true,"result":[]}\n{"ok":true,"result":[]}\n')
})

test('more clients than there are places are turned away, until one goes', async (t) => {
  const { raw, client } = await openOffice(t)
  const sockets: Socket[] = []
  for (let i = 0; i < adminLimits.clients; i++) {
    const socket = await raw()
    socket.write('{"act":"roomList"}\n')
    await once(socket, 'data')
    sockets.push(socket)
  }
  const late = await raw()
  await once(late.resume(), 'close')
  sockets[0]?.end()
  await once(sockets[0] as Socket, 'close')
  assert.ok(await (await client()).ask('status', {}))
})

test('an act that has begun is finished before the socket is closed', async (t) => {
  const { client, closeAdmin, house } = await openOffice(t)
  const admin = await client()
  const asked = admin.ask('accountAdd', { name: 'ada', password }).catch(() => undefined)
  const second = await client()
  await second.ask('roomList', {}) // by now the first has been read as well
  await closeAdmin()
  await asked
  assert.equal(await house.accounts.count(), 1)
})

test('without a server there is nobody to connect to', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'parley-nobody-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  assert.equal(await connectAdmin(join(root, 'parley.sock')), undefined)
  await assert.rejects(connectAdmin(join(root, 'x'.repeat(200), 'parley.sock')), /longer than this system takes.*data\.dir/s)
})
