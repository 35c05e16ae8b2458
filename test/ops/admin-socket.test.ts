import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { openHouse, systemClock } from '../../src/house.ts'
import { createLog } from '../../src/log.ts'
import { acts } from '../../src/ops/acts.ts'
import { type AdminClient, connectAdmin } from '../../src/ops/admin-client.ts'
import { adminLimits } from '../../src/ops/admin-line.ts'
import { openAdminSocket } from '../../src/ops/admin-socket.ts'
import type { Served } from '../../src/ops/running.ts'
import { password } from './parley.ts'

/** A house with its admin socket open, and a server of which only the answers are real. */
async function office(t: TestContext, server: Partial<Served> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'parley-admin-'))
  const { config } = readConfig({ root, env: {} })
  const lines: string[] = []
  const log = createLog({ level: 'info', pretty: false, destination: { write: (line: string) => void lines.push(line) } })
  const announce = async (ended: unknown[]) => ({ connections: ended.length, unconfirmed: 0 })
  const house = await openHouse({ config: () => config, log, clock: systemClock, announce, onFatal: assert.fail })
  const running: Served = {
    url: 'https://chat.example',
    node: 'n1',
    connections: () => 3,
    ready: () => ({ ok: true, reasons: [] }),
    reload: async () => ({ changed: ['log.level'], needRestart: [] }),
    drain: async () => undefined,
    ...server,
  }
  const file = join(config.data.dir, 'parley.sock')
  const open = () => openAdminSocket({ file, acts, house, running })
  let admin = await open()
  t.after(async () => {
    await admin.close()
    await house.close()
    rmSync(root, { recursive: true, force: true })
  })
  async function client(): Promise<AdminClient> {
    const made = await connectAdmin(file)
    assert.ok(made)
    t.after(() => made.close())
    return made
  }
  /** A socket that says whatever it wants. */
  async function raw(): Promise<Socket> {
    const socket = connect(file)
    t.after(() => socket.destroy())
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  return {
    file,
    house,
    lines,
    client,
    raw,
    closeAdmin: () => admin.close(),
    reopen: async () => {
      await admin.close()
      admin = await open()
    },
  }
}

async function lastLine(socket: Socket): Promise<{ ok: boolean; code?: string; message?: string; result?: unknown }> {
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return JSON.parse(text.trim().split('\n').at(-1) ?? '')
}

test('nobody but the owner can open the socket, and a leftover of it is replaced', async (t) => {
  const { file, reopen, closeAdmin, client } = await office(t)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await closeAdmin()
  writeFileSync(file, 'left behind', { mode: 0o666 })
  await reopen()
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(await (await client()).ask('status', {}))
})

test('one client gives many orders, one after the other', async (t) => {
  const { client } = await office(t)
  const ada = await client()
  const made = (await ada.ask('accountAdd', { name: 'ada', role: 'admin', password })) as { id: string }
  assert.deepEqual(Object.keys(made), ['id', 'name', 'display', 'role'])
  const room = (await ada.ask('roomAdd', { name: 'Tea', members: ['ADA', 'ada'] })) as { id: string; members: string[] }
  assert.deepEqual(room.members, ['ada'])
  const issued = (await ada.ask('tokenIssue', { account: 'ada', ttl: 3_600_000 })) as { token: string; expiresAt: number }
  assert.match(issued.token, /^eyJ/)
  const [login] = (await ada.ask('loginList', { account: 'ada' })) as { id: string; expiresAt: number; address: string }[]
  assert.equal(login?.address, 'local')
  assert.equal(login?.expiresAt, issued.expiresAt, 'the login ends with its token')
  assert.deepEqual(await ada.ask('loginEnd', { account: 'ada' }), { logins: 1, connections: 1, unconfirmed: 0 })
  assert.deepEqual(await ada.ask('loginList', {}), [])
})

test('a person who is not there gets a clear answer with the name that was meant', async (t) => {
  const { client } = await office(t)
  const admin = await client()
  await admin.ask('accountAdd', { name: 'ada', password })
  await admin.ask('roomAdd', { name: 'General' })
  const says = (act: string, input: unknown, code: string, words: RegExp) =>
    assert.rejects(admin.ask(act, input), (error: Error & { code: string }) => error.code === code && words.test(error.message))
  await says('loginList', { account: 'aad' }, 'invalid', /no account "aad"\. Did you mean "ada"\?/)
  await says('roomArchive', { room: 'Genral' }, 'no_such_room', /no room "Genral"\. Did you mean "General"\?/)
  await says('accountAdd', { name: 'ADA', password }, 'name_taken', /taken/)
  await says('accountRole', { account: 'ada', role: 'king' }, 'invalid', /^role: must be admin or member$/)
  await says('loginEnd', {}, 'invalid', /account or ids/)
  await says('loginEnd', { account: 'ada', ids: ['x'] }, 'invalid', /account or ids/)
  await says('constructor', {}, 'bad_frame', /knows no such act/)
  await says('tokenIssue', { account: 'ada', ttl: 1e300 }, 'invalid', /^ttl: /)
})

test('two private rooms of one name are told apart by id', async (t) => {
  const { client } = await office(t)
  const admin = await client()
  const first = (await admin.ask('roomAdd', { name: 'Staff', kind: 'private' })) as { id: string }
  await admin.ask('roomAdd', { name: 'Staff', kind: 'private' })
  await assert.rejects(admin.ask('roomArchive', { room: 'staff' }), /2 rooms are called "staff"\. Give the id/)
  assert.deepEqual(await admin.ask('roomArchive', { room: first.id }), { id: first.id, name: 'Staff', archived: true })
  assert.deepEqual(
    await admin.ask('roomArchive', { room: first.id }),
    { id: first.id, name: 'Staff', archived: true },
    'twice is as good as once',
  )
  assert.deepEqual(await admin.ask('roomArchive', { room: first.id, on: false }), { id: first.id, name: 'Staff', archived: false })
})

test('an invitation names the public address', async (t) => {
  const { client, house } = await office(t)
  const made = (await (await client()).ask('invite', { uses: 2 })) as { url: string; uses: number }
  assert.match(made.url, /^https:\/\/chat\.example\/invite\/[\w-]{20,}$/)
  assert.equal(made.uses, 2)
  assert.ok(await house.invites.look(made.url.split('/').at(-1) ?? ''))
})

test('what is not a request is refused, and the next one is answered', async (t) => {
  const { raw, client } = await office(t)
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
  const { raw, client } = await office(t)
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
  const { client } = await office(t)
  const admin = await client()
  await assert.rejects(
    admin.ask('accountAdd', { name: 'x'.repeat(adminLimits.line) }),
    (error: Error & { code: string }) => error.code === 'too_large',
  )
  assert.deepEqual(await admin.ask('accountList', {}), [])
})

test('half a request is not done', async (t) => {
  const { raw, house } = await office(t)
  const socket = await raw()
  socket.end(`{"act":"accountAdd","input":{"name":"ada","password":"${password}"}}`)
  for await (const _ of socket) assert.fail('half a line was answered')
  assert.equal(await house.accounts.count(), 0)
})

test('a request may come in small pieces, and two in one', async (t) => {
  const { raw } = await office(t)
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
  const { raw, client } = await office(t)
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
  const { client, closeAdmin, house } = await office(t)
  const admin = await client()
  const asked = admin.ask('accountAdd', { name: 'ada', password }).catch(() => undefined)
  const second = await client()
  await second.ask('roomList', {}) // by now the first has been read as well
  await closeAdmin()
  await asked
  assert.equal(await house.accounts.count(), 1)
})

test('every act is written down, and nothing secret with it', async (t) => {
  const { client, lines } = await office(t)
  const admin = await client()
  const secret = 'correct horse battery staple 7'
  await admin.ask('accountAdd', { name: 'ada', password: secret })
  await admin.ask('accountPassword', { account: 'ada', password: `${secret}!` })
  const { token } = (await admin.ask('tokenIssue', { account: 'ada', ttl: 60_000 })) as { token: string }
  const { url } = (await admin.ask('invite', {})) as { url: string }
  await assert.rejects(admin.ask('setupLink', {}), /already/)
  const written = lines.map((line) => JSON.parse(line) as { event: string; by: string; act: string })
  assert.deepEqual(
    written.map(({ event }) => event),
    ['user_created', 'authn_password_change', 'authn_token_created', 'invite_created'],
  )
  assert.ok(written.every(({ by }) => by === 'operator'))
  const all = lines.join('')
  for (const hidden of [secret, token, token.split('.')[2] ?? '', url.split('/').at(-1) ?? '']) assert.ok(!all.includes(hidden))
})

test('a fault inside is not told in detail, but written down', async (t) => {
  const { client, lines } = await office(t, { reload: async () => Promise.reject(new Error('row 7 of table x')) })
  const admin = await client()
  await assert.rejects(
    admin.ask('reload', {}),
    (error: Error & { code: string }) => error.code === 'internal' && !/row 7/.test(error.message),
  )
  assert.match(lines.at(-1) ?? '', /row 7/)
})

test('without a server there is nobody to connect to', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'parley-nobody-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  assert.equal(await connectAdmin(join(root, 'parley.sock')), undefined)
  await assert.rejects(connectAdmin(join(root, 'x'.repeat(200), 'parley.sock')), /longer than this system takes.*data\.dir/s)
})
