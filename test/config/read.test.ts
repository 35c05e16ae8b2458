import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { compareConfigs, describeConfig, readConfig, storeFile } from '../../src/config.ts'
import { faultsOf, operator } from './folder.ts'

test('with nothing but the shipped defaults it listens on this machine alone, on one file (CFG-03)', (t) => {
  const root = operator(t)
  const { config, warnings } = readConfig({ root, env: {} })
  assert.deepEqual([config.server.host, config.server.port, config.tls.mode, config.tls.minVersion], ['127.0.0.1', 8443, 'own', '1.3'])
  assert.deepEqual(config.store, { kind: 'sqlite', file: join(root, 'data', 'parley.db') })
  assert.deepEqual(config.bus, { kind: 'local' })
  assert.equal(config.tls.dir, join(root, 'certs'))
  assert.equal(config.registration, 'invite')
  assert.deepEqual(warnings, [])
})

test('local.yaml holds over the defaults, the environment over both, in any case', (t) => {
  const root = operator(t, 'server:\n  port: 9000\n  host: localhost\nlogin:\n  idle: 15m\nregistration: open\n')
  const { config, origins } = readConfig({ root, env: { parley__Server__PORT: '9001', PARLEY__REGISTRATION: 'closed' } })
  assert.deepEqual([config.server.port, config.server.host, config.login.idle, config.registration], [9001, 'localhost', 900_000, 'closed'])
  assert.equal(origins.get('server.port'), 'env parley__Server__PORT')
  assert.equal(origins.get('server.host'), 'local.yaml:3')
  assert.match(origins.get('server.publicUrl') ?? '', /^default\.yaml:\d+$/)
})

test('durations and sizes may carry a unit and become ms and bytes', (t) => {
  const read = (env: Record<string, string>) => readConfig({ root: operator(t), env }).config
  for (const [written, ms] of [
    ['250ms', 250],
    ['15s', 15_000],
    ['10m', 600_000],
    ['1500', 1_500],
  ] as const) {
    assert.equal(read({ PARLEY__TIMEOUTS__PONG: written }).timeouts.pong, ms)
  }
  assert.equal(read({ PARLEY__LOGIN__ABSOLUTE: '14d' }).login.absolute, 14 * 86_400_000)
  assert.equal(read({ PARLEY__LIMITS__FRAMEBYTES: '128KiB' }).limits.frameBytes, 131_072)
})

test('lists come as YAML, as JSON or with commas', (t) => {
  const wanted = ['https://chat.example', 'https://chat.example:8443']
  const yaml = operator(t, `server:\n  publicUrl: https://chat.example/\n  origins:\n    - ${wanted[0]}\n    - ${wanted[1]}\n`)
  assert.deepEqual(readConfig({ root: yaml, env: {} }).config.server.origins, wanted)
  for (const written of [JSON.stringify(wanted), wanted.join(','), ` ${wanted.join(' , ')} `]) {
    assert.deepEqual(readConfig({ root: operator(t), env: { PARLEY__SERVER__ORIGINS: written } }).config.server.origins, wanted)
  }
})

test('an empty variable is the same as none where nothing may stand, and a fault elsewhere', (t) => {
  const root = operator(t, 'server:\n  publicUrl: https://chat.example\n')
  assert.equal(readConfig({ root, env: { PARLEY__SERVER__PUBLICURL: '' } }).config.server.publicUrl, undefined)
  assert.deepEqual(faultsOf(root, { PARLEY__SERVER__PORT: '' }), [
    'env PARLEY__SERVER__PORT server.port — has no value. Allowed: a whole number, 0 to 65535.',
  ])
})

test('where the store is may be said from the folder of config/ or from the root of the disk', (t) => {
  const fileOf = (url: string, root = operator(t)) => [storeFile(readConfig({ root, env: { PARLEY__STORE__URL: url } }).config.store), root]
  const [file, root] = fileOf('sqlite:elsewhere/chat.db')
  assert.equal(file, join(root ?? '', 'elsewhere', 'chat.db'))
  assert.equal(fileOf('sqlite:/srv/chat.db')[0], '/srv/chat.db')
  assert.equal(fileOf('sqlite:///srv/chat.db')[0], '/srv/chat.db')
})

test('`config show` prints each setting once, as one would write it, and no secret', (t) => {
  const key = Buffer.alloc(32, 7).toString('base64')
  const root = operator(t, `login:\n  idle: 900000\nsecrets:\n  masterKey: ${key}\n`)
  const described = describeConfig(readConfig({ root, env: { PARLEY__SERVER__TRUSTPROXY: '10.0.0.0/8, loopback' } }))
  const byKey = new Map(described.map((one) => [one.key, one]))
  assert.equal(byKey.size, described.length)
  assert.deepEqual([byKey.get('login.idle')?.value, byKey.get('login.idle')?.origin], ['15m', 'local.yaml:2'])
  assert.equal(byKey.get('server.trustProxy')?.value, '10.0.0.0/8, loopback')
  assert.equal(byKey.get('secrets.masterKey')?.value, '********')
  assert.ok(!JSON.stringify(described).includes(key))
})

test('a reload is told apart: what changes at once and what waits for a restart', (t) => {
  const root = operator(t)
  const before = readConfig({ root, env: {} })
  const after = readConfig({ root, env: { PARLEY__SERVER__PORT: '9000', PARLEY__LIMITS__PENDING: '5' } })
  assert.deepEqual(compareConfigs(before.settings, after.settings), {
    changed: ['server.port', 'limits.pending'],
    restart: ['server.port'],
  })
  assert.deepEqual(compareConfigs(before.settings, before.settings), { changed: [], restart: [] })
})
