import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { sections } from '../../src/config/names.ts'
import { ConfigFaults, checkConfig, readConfig } from '../../src/config.ts'
import { faultsOf, operator } from './folder.ts'

test('everything that is wrong is said at once, each with its place, what was meant and what is allowed (CFG-01)', (t) => {
  const root = operator(t, 'server:\n  prot: 1\n  port: 99999\nlimit:\n  pending: 3\ntls:\n  mode: of\n')
  const top = [...sections.keys(), 'registration'].join(', ')
  assert.deepEqual(faultsOf(root, { PARLEY__LOGIN__IDLE: 'soon', PARLEY__PORT: '1' }), [
    'config/local.yaml:2:3 server.prot — unknown setting. Did you mean "port"? Allowed: name, host, port, publicUrl, origins, trustProxy, proxyProtocol.',
    `config/local.yaml:4:1 limit — unknown setting. Did you mean "limits"? Allowed: ${top}.`,
    `env PARLEY__PORT port — unknown setting. Did you mean "server.port"? Allowed: ${top}.`,
    'config/local.yaml:3:3 server.port — 99999 is too large. Allowed: a whole number, 0 to 65535.',
    'config/local.yaml:7:3 tls.mode — "of" is not known. Did you mean "off"? Allowed: own | off.',
    'env PARLEY__LOGIN__IDLE login.idle — "soon" is not a duration. Allowed: a duration such as 250ms, 15s, 10m, 12h, 14d, 1s to 365d.',
  ])
})

test('a value that is overruled must still be right', (t) => {
  const root = operator(t, 'server:\n  port: many\n')
  assert.match(faultsOf(root, { PARLEY__SERVER__PORT: '9000' }).join(), /^config\/local\.yaml:2:3 server\.port/)
})

test('the same faults come as data for programs', (t) => {
  const { ok, faults } = checkConfig({ root: operator(t, 'log:\n  level: loud\n'), env: {} })
  assert.equal(ok, false)
  assert.deepEqual(faults[0]?.place, { file: 'config/local.yaml', line: 2, column: 3 })
  assert.equal(faults[0]?.key, 'log.level')
})

const bad: [string, string][] = [
  ['SERVER__PORT', '-1'],
  ['SERVER__PORT', '80.5'],
  ['SERVER__PORT', 'NaN'],
  ['SERVER__PORT', '0x50'],
  ['SERVER__PORT', '1e3'],
  ['SERVER__PORT', 'Infinity'],
  ['SERVER__HOST', 'a b'],
  ['SERVER__HOST', 'https://x'],
  ['SERVER__HOST', 'x:80'],
  ['SERVER__HOST', '256.1.1.1/8'],
  ['SERVER__PUBLICURL', 'http://chat.example'],
  ['SERVER__PUBLICURL', 'https://chat.example/x'],
  ['SERVER__PUBLICURL', 'https://u:p@chat.example'],
  ['SERVER__PUBLICURL', 'chat.example'],
  ['SERVER__ORIGINS', '*'],
  ['SERVER__ORIGINS', 'null'],
  ['SERVER__ORIGINS', 'https://*.example'],
  ['SERVER__ORIGINS', '["https://a.example", 5]'],
  ['SERVER__ORIGINS', '[]'],
  ['SERVER__TRUSTPROXY', 'true'],
  ['SERVER__TRUSTPROXY', '10.0.0.0/33'],
  ['SERVER__TRUSTPROXY', 'everyone'],
  ['SERVER__TRUSTPROXY', '11'],
  ['SERVER__PROXYPROTOCOL', 'yes'],
  ['TLS__MINVERSION', '1.1'],
  ['TLS__MODE', ''],
  ['DATA__DIR', ''],
  ['STORE__URL', 'mysql://x'],
  ['STORE__URL', 'sqlite::memory:'],
  ['STORE__URL', 'sqlite:'],
  ['BUS__URL', 'nats://x'],
  ['LOGIN__IDLE', '0'],
  ['LOGIN__IDLE', '-5m'],
  ['LOGIN__IDLE', '5 m'],
  ['LOGIN__IDLE', '9999d'],
  ['TOKEN__LIFE', '11m'],
  ['TOKEN__LIFE', '999999999999999999999s'],
  ['LIMITS__PENDING', '0'],
  ['LIMITS__FRAMEBYTES', '12'],
  ['LIMITS__FRAMEBYTES', '64KB'],
  ['TIMEOUTS__PING', '1.5s'],
  ['SECRETS__MASTERKEY', 'short'],
  ['SECRETS__MASTERKEY', `${'A'.repeat(44)}`],
  ['LOG__LEVEL', 'verbose'],
  ['REGISTRATION', 'everyone'],
]
for (const [name, value] of bad) {
  test(`PARLEY__${name}=${value} does not start (CFG-01)`, (t) =>
    assert.equal(faultsOf(operator(t), { [`PARLEY__${name}`]: value }).length, 1))
}

test('settings that do not go together are refused in words (CFG-01, TLS-08)', (t) => {
  const open = { PARLEY__TLS__MODE: 'off', PARLEY__SERVER__HOST: '0.0.0.0' }
  assert.match(faultsOf(operator(t), open).join(), /tls\.mode — off would send passwords over the network in the clear/)
  const bus = (url: string, store = 'postgres://parley@127.0.0.1/parley') =>
    faultsOf(operator(t), { PARLEY__BUS__URL: url, PARLEY__STORE__URL: store }).join()
  assert.match(bus('redis://127.0.0.1', 'sqlite:x.db'), /bus\.url — is for several nodes, and those cannot share a store in SQLite/)
  assert.match(bus('redis://:hunter2@c'), /bus\.url — would send what people write over the network in the clear/)
  for (const url of ['redis://127.0.0.1/x', 'redis://127.0.0.1?tls=no', 'rediss://c/0?verify=no'])
    assert.match(bus(url), /bus\.url — is not redis:/)
  for (const url of ['redis://127.0.0.1:6380/2', 'redis://[::1]', 'rediss://:hunter2@c/0?ca=ca.pem']) assert.equal(bus(url), '')
  const watched = (url: string, sentinels: string, more: Record<string, string> = {}) =>
    faultsOf(operator(t), {
      PARLEY__STORE__URL: 'postgres://parley@127.0.0.1/parley',
      PARLEY__BUS__URL: url,
      PARLEY__BUS__SENTINELS: sentinels,
      ...more,
    }).join()
  assert.match(watched('local', 'a:1,b:1,c:1'), /bus\.sentinels — would be asked for nothing: bus\.url is local/)
  assert.match(watched('rediss://tea:6379', 'a:1,b:1,c:1'), /bus\.url — has a port beside bus\.sentinels: write the name they have/)
  assert.match(watched('redis://:hunter2@tea', '127.0.0.1:1,b:1,c:1'), /^[^:]*bus\.url — would send what people write over the network/)
  assert.match(watched('rediss://tea', '[]'), /bus\.sentinels — is an empty list/)
  for (const wrong of ['a', 'a:0', 'a:65536', '::1:26379', 'redis://a:1', 'a:b:1'])
    assert.match(watched('rediss://tea', wrong), /bus\.sentinels — .* is not a host with a port\. Allowed: a list; each one HOST:PORT/)
  assert.match(
    watched('rediss://tea', '', { PARLEY__BUS__SENTINELPASSWORD: 'hunter2' }),
    /bus\.sentinelPassword — is for bus\.sentinels, and/,
  )
  assert.equal(watched('rediss://:hunter2@tea/0?ca=ca.pem', 'a:1,[::1]:2,10.0.0.3:26379', { PARLEY__BUS__SENTINELPASSWORD: 'hunter2' }), '')
  assert.equal(watched('redis://my-Master_1', '127.0.0.1:1,127.0.0.1:2,[::1]:3'), '')
  assert.match(faultsOf(operator(t), { PARLEY__OPS__PORT: '8443' }).join(), /ops\.port — 8443 is the port of server\.port too/)
  assert.deepEqual(faultsOf(operator(t), { PARLEY__OPS__PORT: '0', PARLEY__SERVER__PORT: '0' }), [])
  const proxied = { PARLEY__SERVER__PROXYPROTOCOL: 'true' }
  assert.match(faultsOf(operator(t), { ...proxied, PARLEY__SERVER__TRUSTPROXY: '1' }).join(), /server\.trustProxy — is a number beside/)
  assert.deepEqual(faultsOf(operator(t), { ...proxied, PARLEY__SERVER__TRUSTPROXY: '10.0.0.0/8' }), [])
})

test('what is allowed but hardly meant is a warning', (t) => {
  const warned = (env: Record<string, string>) => checkConfig({ root: operator(t), env }).warnings.map(({ key }) => key)
  assert.deepEqual(warned({ PARLEY__SERVER__HOST: '0.0.0.0' }), ['server.publicUrl'])
  assert.deepEqual(warned({ PARLEY__TLS__MODE: 'off' }), ['server.publicUrl', 'server.trustProxy'])
  assert.deepEqual(warned({ PARLEY__OPS__HOST: '::' }), ['ops.host'])
  const proxied = { PARLEY__SERVER__PROXYPROTOCOL: 'true', PARLEY__SERVER__PUBLICURL: 'https://a.example' }
  assert.deepEqual(warned({ ...proxied, PARLEY__TLS__MODE: 'off' }), [])
  assert.deepEqual(warned({ ...proxied, PARLEY__SERVER__HOST: '10.0.0.1' }), ['server.trustProxy'])
  const nodes = { PARLEY__STORE__URL: 'postgres://parley@127.0.0.1/parley', PARLEY__BUS__URL: 'rediss://tea' }
  assert.deepEqual(warned({ ...nodes, PARLEY__BUS__SENTINELS: 'a:1,b:1' }), ['bus.sentinels'])
  assert.deepEqual(warned({ ...nodes, PARLEY__BUS__SENTINELS: 'a:1,b:1,c:1' }), [])
  assert.deepEqual(warned({ PARLEY__SERVER__PUBLICURL: 'https://a.example', PARLEY__SERVER__ORIGINS: 'https://b.example' }), [
    'server.origins',
  ])
})

test('what is not YAML says where', (t) => {
  for (const text of [
    'server: [',
    'server:\n\tport: 1',
    'a: 1\na: 2',
    '- 1',
    'server: 5',
    'x: &a [*a]',
    '"\\x"',
    '%YAML 9\n---\nserver:\n  port: *p',
    '--- 1\n--- 2',
  ]) {
    assert.match(faultsOf(operator(t, text))[0] ?? 'nothing', /^config\/local\.yaml:\d+:\d+ /, text)
  }
  for (const empty of ['', '# nothing\n', 'server:\n', 'server: ~\n', '---\n...\n']) assert.deepEqual(faultsOf(operator(t, empty)), [])
})

test('no text whatever in local.yaml makes anything but a configuration or faults (CFG-01)', (t) => {
  const root = operator(t, '')
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.string().map((text) => `server:\n  port: ${text}`),
      ),
      (text) => {
        writeFileSync(join(root, 'config', 'local.yaml'), text)
        try {
          readConfig({ root, env: {} })
        } catch (error) {
          assert.ok(error instanceof ConfigFaults, String(error))
        }
      },
    ),
    { numRuns: 150 },
  )
})

const key = Buffer.alloc(32, 9).toString('base64')
const secret = (root: string, mode: number, text = `${key}\n`) => {
  const file = join(root, 'key')
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

test("a secret may come from a file that is its owner's alone", (t) => {
  const root = operator(t)
  secret(root, 0o600)
  assert.equal(readConfig({ root, env: { PARLEY__SECRETS__MASTERKEY_FILE: 'key' } }).config.secrets.masterKey, key)
  const local = operator(t, 'secrets:\n  masterKeyFile: key\n')
  secret(local, 0o400)
  assert.equal(readConfig({ root: local, env: {} }).config.secrets.masterKey, key)
})

test('a secret that others can read, or that is not one, is refused without being shown (CFG-02)', (t) => {
  const root = operator(t)
  const env = { PARLEY__SECRETS__MASTERKEY_FILE: 'key' }
  for (const mode of [0o644, 0o640, 0o604]) {
    secret(root, mode)
    assert.match(faultsOf(root, env).join(), /can be read by others \(mode 06\d\d\): chmod 600 it/)
  }
  secret(root, 0o600, 'hunter2')
  assert.equal(faultsOf(root, env).length, 1)
  assert.ok(!faultsOf(root, env).join().includes('hunter2'))
  assert.ok(!faultsOf(root, { PARLEY__SECRETS__MASTERKEY: 'hunter2' }).join().includes('hunter2'))
  mkdirSync(join(root, 'folder'))
  assert.match(faultsOf(root, { PARLEY__SECRETS__MASTERKEY_FILE: 'folder' }).join(), /is not a file/)
  assert.match(faultsOf(root, { PARLEY__SECRETS__MASTERKEY_FILE: 'nowhere' }).join(), /cannot be opened \(ENOENT\)/)
})

test('local.yaml with a secret in it must be private, and no secret may be given twice (CFG-02)', (t) => {
  const root = operator(t, `secrets:\n  masterKey: ${key}\n`)
  chmodSync(join(root, 'config', 'local.yaml'), 0o644)
  assert.match(faultsOf(root).join(), /is a secret in a file that others can read: chmod 600 config\/local\.yaml/)
  assert.match(
    faultsOf(operator(t), { PARLEY__SECRETS__MASTERKEY: key, PARLEY__SECRETS__MASTERKEY_FILE: '/nowhere' }).join(),
    /given both here and directly/,
  )
})

test('one variable in two spellings is a fault', (t) => {
  assert.match(faultsOf(operator(t), { PARLEY__SERVER__PORT: '1', parley__server__port: '2' }).join(), /set twice in the environment/)
})

test('an empty name of a file takes nothing away from a secret that was given directly, in whichever order', (t) => {
  const [direct, file] = [{ PARLEY__SECRETS__MASTERKEY: key }, { PARLEY__SECRETS__MASTERKEY_FILE: '' }]
  for (const env of [
    { ...direct, ...file },
    { ...file, ...direct },
  ])
    assert.equal(readConfig({ root: operator(t), env }).config.secrets.masterKey, key)
})

test('a network of no bits is everybody, which nobody may trust', (t) => {
  for (const all of ['0.0.0.0/0', '::/0'])
    assert.match(faultsOf(operator(t), { PARLEY__SERVER__TRUSTPROXY: all }).join(), /^.*server\.trustProxy/)
})
