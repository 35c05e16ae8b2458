import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { parse, parseDocument } from 'yaml'
import { settings } from '../../src/config/schema.ts'
import { readConfig } from '../../src/config.ts'
import { whereIs } from '../setup.ts'

const root = resolve(import.meta.dirname, '../..')
const text = (name: string) => readFileSync(join(root, 'docs/deploy', name), 'utf8')
const plain = (name: string) => text(name).replace(/^\s*#.*\n/gm, '')

test('the unit of systemd runs Parley as nobody in particular, who may write where Parley writes and nowhere else (CFG-06)', () => {
  const unit = new Map<string, string[]>()
  for (const [, key = '', value = ''] of plain('parley.service').matchAll(/^([A-Za-z]+)=(.*)$/gm))
    unit.set(key, [...(unit.get(key) ?? []), value])
  const is = (key: string, value: string) => assert.deepEqual(unit.get(key), [value], key)
  is('User', 'parley')
  is('ExecStart', '/usr/bin/node src/launch.cjs serve')
  is('ExecReload', '/bin/kill -HUP $MAINPID')
  is('ProtectSystem', 'strict')
  is('ReadWritePaths', '/srv/parley/data /srv/parley/certs')
  is('NoNewPrivileges', 'yes')
  is('CapabilityBoundingSet', '')
  is('UMask', '0077')
  // The last is what a thread asks for that steps behind the others.
  assert.deepEqual(unit.get('SystemCallFilter'), ['@system-service', '~@privileged @resources', 'setpriority'])
  assert.deepEqual(plain('parley.service').match(/^\[\w+\]$/gm), ['[Unit]', '[Service]', '[Install]'])
  const { config } = readConfig({ root: '/nowhere', env: {} })
  assert.ok(Number(unit.get('TimeoutStopSec')?.[0]) * 1000 > config.timeouts.drain)
  assert.ok(Number(unit.get('LimitNOFILE')?.[0]) > config.limits.connections)
  assert.ok(existsSync(join(root, 'src/launch.cjs')))
})

test('systemd understands every line of it, and finds little to be exposed, where there is one to ask', (t) => {
  const program = whereIs('systemd-analyze')
  if (program === undefined) return t.diagnostic('no systemd here')
  const file = join(root, 'docs/deploy/parley.service')
  const rated = spawnSync(program, ['security', '--offline=yes', '--threshold=20', file], { encoding: 'utf8' })
  assert.equal(rated.status, 0, rated.stdout.slice(-200) + rated.stderr)
  const { stderr } = spawnSync(program, ['verify', '--man=no', file], { encoding: 'utf8' })
  // Whether Node lies in /usr/bin is for the machine to say that it runs on.
  const faults = stderr.split('\n').filter((line) => line !== '' && !/is not executable/.test(line))
  assert.deepEqual(faults, [])
})

test('the image: an official Node, no root, nothing of this machine inside, and what it copies is there (CFG-06)', () => {
  const lines = plain('Dockerfile')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '')
  const of = (word: string) => lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : []))
  const known = [
    'ARG',
    'FROM',
    'WORKDIR',
    'COPY',
    'RUN',
    'ENV',
    'USER',
    'VOLUME',
    'EXPOSE',
    'STOPSIGNAL',
    'HEALTHCHECK',
    'ENTRYPOINT',
    'CMD',
  ]
  for (const line of lines) assert.ok(known.includes(line.split(' ')[0] ?? ''), line)
  const [, major, minor, patch] = /^NODE=node:(\d+)\.(\d+)\.(\d+)-/.exec(of('ARG')[0] ?? '') ?? []
  assert.ok(Number(major) === 26 && Number(minor) * 1000 + Number(patch) >= 12_001, 'a Node with the fixes of October 2026')
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')))
  assert.ok(last.indexOf('USER node') > 0)
  assert.ok(
    !last.slice(last.indexOf('USER node')).some((line) => /^(RUN|COPY|USER (?!node$))/.test(line)),
    'nothing is done after the rights are gone',
  )
  for (const word of ['ENTRYPOINT', 'VOLUME'])
    assert.ok(Array.isArray(JSON.parse(of(word)[0] ?? '')), `${word} is a list: no shell in between`)
  assert.match(of('HEALTHCHECK')[0] ?? '', /readyz/)
  const ignored = text('Dockerfile.dockerignore').split('\n')
  const given = new Set(ignored.filter((line) => line.startsWith('!')).map((line) => line.slice(1)))
  assert.ok(ignored.includes('*'))
  for (const copied of of('COPY').filter((line) => !line.startsWith('--from'))) {
    for (const source of copied.split(' ').slice(0, -1)) {
      assert.ok(existsSync(join(root, source)), source)
      assert.ok(given.has(source), `${source} is kept out by .dockerignore`)
    }
  }
})

test('compose: Parley listens to its proxy alone, as a user without rights on a disk that it cannot write (CFG-06)', () => {
  const source = text('compose.yaml')
  assert.deepEqual(parseDocument(source).errors, [])
  const { services, volumes } = parse(source)
  const { parley, proxy } = services
  assert.equal(parley.network_mode, 'service:proxy')
  assert.deepEqual([parley.ports, proxy.ports], [undefined, ['80:80', '443:443']])
  for (const one of [parley, proxy])
    assert.deepEqual([one.read_only, one.cap_drop, one.security_opt], [true, ['ALL'], ['no-new-privileges:true']])
  assert.ok(existsSync(join(root, 'docs/deploy', parley.build.context, parley.build.dockerfile)))
  for (const volume of [...parley.volumes, ...proxy.volumes]) assert.ok(volume.split(':')[0] in volumes, volume)
  const env = { ...parley.environment, PARLEY__SERVER__PUBLICURL: 'https://chat.example.org' }
  const { config, warnings } = readConfig({ root: '/nowhere', env })
  assert.deepEqual([config.tls.mode, config.server.host, warnings], ['off', '127.0.0.1', []])
  assert.ok(Number.parseInt(parley.stop_grace_period, 10) * 1000 > config.timeouts.drain)
})

test('what is shipped for operators names no setting that Parley does not have', () => {
  const files = globSync('docs/{deploy,proxies}/*', { cwd: root })
  assert.ok(files.length >= 7)
  const known = new Set([...settings.keys()].map((key) => `PARLEY__${key.replace('.', '__').toUpperCase()}`))
  for (const file of files) {
    const named = readFileSync(join(root, file), 'utf8').match(/PARLEY__[A-Z]+(?:__[A-Z]+)?(?=[:=])/g) ?? []
    for (const name of named) assert.ok(known.has(name), `${file}: ${name}`)
  }
})
