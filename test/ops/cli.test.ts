import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { decodeJwt } from 'jose'
import { newPlace, password, startServer } from './parley.ts'

test('on a fresh checkout the first account can be made before any server ran', async (t) => {
  const { parley, data } = await newPlace(t)
  const made = await parley(['account', 'add', 'ada', '--role', 'admin', '--display', 'Ada L.', '--password-stdin', '--json'], {
    input: `${password}\n`,
  })
  assert.equal(made.code, 0, made.stderr)
  assert.equal(made.stderr, '')
  const { id, ...account } = JSON.parse(made.stdout)
  assert.match(id, /^[\w-]{22}$/)
  assert.deepEqual(account, { name: 'ada', display: 'Ada L.', role: 'admin' })
  assert.deepEqual((await readdir(data)).filter((name) => !name.startsWith('parley.db')).sort(), ['master.key', 'parley.lock'])

  const listed = await parley(['account', 'list'])
  assert.match(listed.stdout, /^NAME +DISPLAY +ROLE +STATE +CREATED \(UTC\)\nada +Ada L\. +admin +active +20\d\d-\d\d-\d\d \d\d:\d\d\n$/)
})

test('a script makes a room and a token, and signs everyone out', async (t) => {
  const { parley } = await newPlace(t)
  const [ada] = [
    await parley(['account', 'add', 'ada', '--no-password', '--json']),
    await parley(['account', 'add', 'bob', '--no-password']),
  ]
  assert.deepEqual(Object.keys(JSON.parse(ada.stdout)), ['id', 'name', 'display', 'role'])
  assert.match(ada.stderr, /^Nobody is admin here, .*parley account role ada admin\n$/)
  const room = JSON.parse(
    (await parley(['room', 'add', 'Tea', '--members', 'ada, bob', '--private', '--topic', 'Green or black', '--json'])).stdout,
  )
  assert.deepEqual(room, { id: room.id, name: 'Tea', kind: 'private', topic: 'Green or black', members: ['ada', 'bob'] })
  const [listed] = JSON.parse((await parley(['room', 'list', '--json'])).stdout)
  assert.equal(listed.id, room.id)
  assert.equal(listed.members, 2)

  const before = Date.now()
  const issued = JSON.parse((await parley(['token', 'issue', '--account', 'ada', '--ttl', '1h', '--json'])).stdout)
  assert.deepEqual(Object.keys(issued), ['token', 'expiresAt'])
  assert.equal(issued.expiresAt, Number(decodeJwt(issued.token).exp) * 1000)
  assert.ok(issued.expiresAt >= before + 3_600_000)
  const [login] = JSON.parse((await parley(['login', 'list', '--account', 'ada', '--json'])).stdout)
  assert.equal(login.id, decodeJwt(issued.token).sid)
  assert.deepEqual(login.connections, [])
  const ended = await parley(['login', 'end', '--account', 'ada', '--all', '--json'])
  assert.deepEqual(JSON.parse(ended.stdout), { logins: 1, connections: 0, unconfirmed: 0 })
  const again = await parley(['login', 'end', '--id', login.id, '--json'])
  assert.deepEqual([again.code, JSON.parse(again.stdout)], [1, { logins: 0, connections: 0, unconfirmed: 0 }])
  assert.equal(again.stderr, `No such login holds: ${login.id}. Those that do: parley login list\n`)
  assert.deepEqual((await parley(['login', 'list'])).stdout, 'Nobody is signed in.\n')
})

test('whoever changes an account says what ended by it', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  await startServer(place)
  await parley(['account', 'add', 'ada', '--password-stdin', '--role', 'admin'], { input: password })
  await parley(['account', 'add', 'gull', '--no-password'])
  await parley(['token', 'issue', '--account', 'gull'])
  assert.equal((await parley(['account', 'disable', 'gull'])).stdout, 'gull is disabled. 1 login ended, 0 connections closed.\n')
  const refused = await parley(['token', 'issue', '--account', 'gull', '--json'])
  assert.deepEqual(refused, { code: 1, stdout: '', stderr: 'The account "gull" is disabled.\n' })
  assert.equal((await parley(['account', 'enable', 'gull'])).stdout, 'gull can sign in again.\n')
  assert.equal((await parley(['account', 'role', 'gull', 'admin'])).stdout, 'gull is an admin now.\n')
  assert.match(
    (await parley(['account', 'password', 'gull', '--password-stdin'], { input: 'another long sentence\r\n' })).stdout,
    /has a new password/,
  )
  const last = await parley(['account', 'list', '--json'])
  assert.deepEqual(
    JSON.parse(last.stdout).map(({ name, role, disabled }: { name: string; role: string; disabled: boolean }) => [name, role, disabled]),
    [
      ['ada', 'admin', false],
      ['gull', 'admin', false],
    ],
  )
})

test('a refusal is 1, wrong usage and configuration are 2', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  const { child, ended } = await startServer(place)
  await parley(['account', 'add', 'ada', '--password-stdin'], { input: password })
  const says = async (code: number, words: RegExp, args: string[], input?: string) => {
    const left = await parley(args, input === undefined ? {} : { input })
    assert.equal(left.code, code, `${args.join(' ')}: ${left.stderr}`)
    assert.match(left.stderr, words)
    assert.equal(left.stdout, '')
  }
  await says(1, /There is no account "aad"\. Did you mean "ada"\?/, ['account', 'disable', 'aad'])
  await says(1, /There is no account "nobody"\.$/m, ['login', 'list', '--account', 'nobody'])
  await says(1, /taken/, ['account', 'add', 'Ada', '--password-stdin'], password)
  await says(1, /at least \d+ characters/, ['account', 'add', 'bob', '--password-stdin'], 'short')
  await says(2, /unknown command 'acount'.*Did you mean account/s, ['acount', 'list'])
  await says(2, /unknown command 'lst'.*Did you mean list/s, ['account', 'lst'])
  await says(2, /Did you mean --json/, ['account', 'list', '--jso'])
  await says(2, /missing required argument 'name'/, ['account', 'add'])
  await says(2, /Allowed choices are member, admin/, ['account', 'add', 'bob', '--role', 'king', '--password-stdin'], password)
  await says(2, /required option '--account <name>'/, ['token', 'issue'])
  await says(2, /It is not a duration\. Allowed: .*1s to 400d/s, ['token', 'issue', '--account', 'ada', '--ttl', 'soon'])
  await says(2, /too large/, ['token', 'issue', '--account', 'ada', '--ttl', '500d'])
  await says(2, /from 1 to 1000/, ['invite', '--uses', '0'])
  await says(2, /--account NAME, or --id/, ['login', 'end', '--all'])
  await says(2, /--password-stdin/, ['account', 'add', 'bob'])
  await says(2, /No password came/, ['account', 'add', 'bob', '--password-stdin'], '\n')
  await says(2, /one line/, ['account', 'add', 'bob', '--password-stdin'], `${password}\n${password}\n`)
  await says(2, /too long/, ['account', 'add', 'bob', '--password-stdin'], 'x'.repeat(10_000))
  await says(2, /Usage: parley account/, ['account'])
  child.kill()
  await ended
  await says(1, /No server is running on .*data/, ['status'])
  await says(1, /No server is running/, ['drain'])
})

test('somebody who puts a password into the arguments does not see it again (CFG-02)', async (t) => {
  const { parley } = await newPlace(t)
  for (const args of [
    ['account', 'add', 'ada', '--password=hunter2222222'],
    ['account', 'add', 'ada', 'hunter2222222'],
    ['account', 'add', 'ada', '--password', 'hunter2222222'],
  ]) {
    const left = await parley(args)
    assert.equal(left.code, 2)
    assert.ok(!left.stderr.includes('hunter'), left.stderr)
  }
})

test('an invitation needs an address, and a server that takes people in', async (t) => {
  const { parley } = await newPlace(t)
  const left = await parley(['invite'])
  assert.equal(left.code, 1)
  assert.match(left.stderr, /Set server\.publicUrl/)
  const made = await parley(['invite', '--uses', '3', '--expires', '2d'], { env: { PARLEY__SERVER__PUBLICURL: 'https://chat.example' } })
  assert.match(made.stdout, /^https:\/\/chat\.example\/invite\/[\w-]+\n$/)
  assert.match(made.stderr, /It can be used 3 times, until 20\d\d-/)
  const closed = await parley(['invite'], { env: { PARLEY__SERVER__PUBLICURL: 'https://chat.example', PARLEY__REGISTRATION: 'closed' } })
  assert.equal(closed.code, 1)
  assert.match(closed.stderr, /registration is closed/)
})

test('config check names every fault with its place', async (t) => {
  const { parley } = await newPlace(t, 'server:\n  prot: 1\n  host: "not a host!"\n')
  const left = await parley(['config', 'check'])
  assert.equal(left.code, 2)
  assert.match(left.stdout, /^config\/local\.yaml:2:3 server\.prot — unknown setting\. Did you mean "port"\?/m)
  assert.match(left.stdout, /^config\/local\.yaml:3:\d+ server\.host — /m)
  const { ok, faults } = JSON.parse((await parley(['config', 'check', '--json'])).stdout)
  assert.equal(ok, false)
  assert.equal(faults.length, 2)
  const other = await parley(['account', 'list', '--json'])
  assert.equal(other.code, 2)
  assert.equal(other.stdout, '')
  assert.match(other.stderr, /^The configuration has 2 faults:\nconfig\/local\.yaml:2:3 /)
})

test('config show says what holds and where it was set, and masks secrets', async (t) => {
  const { parley, root } = await newPlace(t, 'limits:\n  postBurst: 40\n')
  const masterKey = Buffer.alloc(32, 7).toString('base64')
  const env = { PARLEY__SECRETS__MASTERKEY: masterKey }
  assert.equal((await parley(['config', 'check'], { env })).code, 0)
  const shown = await parley(['config', 'show', '--json'], { env })
  const rows: { key: string; value: string; origin: string }[] = JSON.parse(shown.stdout)
  const row = (key: string) => rows.find((one) => one.key === key)
  assert.deepEqual(row('limits.postBurst'), { key: 'limits.postBurst', value: '40', origin: 'local.yaml:2', restart: false })
  assert.equal(row('server.port')?.origin, 'env PARLEY__SERVER__PORT')
  assert.match(row('server.host')?.origin ?? '', /^default\.yaml:\d+$/)
  assert.equal(row('secrets.masterKey')?.value, '********')
  const table = await parley(['config', 'show'], { env })
  assert.match(table.stdout, /^limits\.postBurst +40 +local\.yaml:2$/m)
  assert.ok(![shown.stdout, table.stdout].some((text) => text.includes(masterKey)))
  assert.ok(!(await readdir(root)).includes('data'), 'looking makes nothing')
})

test('config explain says what a setting means, what holds and what may stand there, also while another one is wrong', async (t) => {
  const { parley } = await newPlace(t, 'login:\n  idle: 15m\n')
  const { code, stdout } = await parley(['config', 'explain', 'Login.idle'])
  assert.equal(code, 0)
  assert.match(stdout, /^login\.idle\n {2}A login in the browser ends .*\n {2}Now: +15m \(local\.yaml:2\)\n {2}Allowed: .*1s.*\n/)
  assert.match(stdout, /or PARLEY__LOGIN__IDLE\n {2}A change: after parley reload\n$/)
  const [masterKey] = JSON.parse((await parley(['config', 'explain', 'secrets', '--json'], { env: { PARLEY__SERVER__PROT: '1' } })).stdout)
  assert.deepEqual([masterKey.key, masterKey.envFile, masterKey.restart], ['secrets.masterKey', 'PARLEY__SECRETS__MASTERKEY_FILE', true])
  assert.ok(!('value' in masterKey), 'with a fault elsewhere nobody knows what holds')
  for (const [asked, meant] of Object.entries({ 'login.idel': 'login.idle', idle: 'login.idle', logn: 'login' })) {
    const none = await parley(['config', 'explain', asked])
    assert.deepEqual([none.code, none.stdout], [2, ''])
    assert.ok(none.stderr.includes(`There is no setting "${asked}". Did you mean "${meant}"?`), none.stderr)
  }
})

test('many commands at once wait for one another', async (t) => {
  const { parley } = await newPlace(t)
  const left = await Promise.all(['ada', 'bob', 'eve'].map((name) => parley(['account', 'add', name, '--no-password', '--role', 'admin'])))
  assert.deepEqual(
    left.map(({ code, stderr }) => [code, stderr]),
    [
      [0, ''],
      [0, ''],
      [0, ''],
    ],
  )
})

test('what people typed cannot move the cursor of the operator', async (t) => {
  const place = await newPlace(t)
  const { parley } = place
  await startServer(place)
  await parley(['account', 'add', 'ada', '--no-password'])
  await parley(['token', 'issue', '--account', 'ada', '--label', '\u001b[2Jgone'])
  const { stdout } = await parley(['login', 'list'])
  assert.ok(stdout.includes('\\u001b[2Jgone') && !stdout.includes('\u001b'))
})

test('nothing that was written is for others to read (CFG-02)', async (t) => {
  const { parley, data } = await newPlace(t)
  await parley(['account', 'add', 'ada', '--password-stdin'], { input: password })
  const { statSync } = await import('node:fs')
  assert.equal(statSync(data).mode & 0o777, 0o700)
  for (const name of await readdir(data)) assert.equal(statSync(join(data, name)).mode & 0o077, 0, name)
  assert.ok(!(await readFile(join(data, 'parley.db'))).includes(password))
})
