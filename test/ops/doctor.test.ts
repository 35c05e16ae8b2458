import assert from 'node:assert/strict'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { examining, restoring } from '../../src/house.ts'
import { checks } from '../../src/ops/doctor/checks.ts'
import { diagnose } from '../../src/ops/doctor/doctor.ts'
import type { FindingId } from '../../src/ops/doctor/finding.ts'
import { realInstruments } from '../../src/ops/doctor/instruments.ts'
import type { Instruments } from '../../src/ops/doctor/patient.ts'
import { ownStore } from '../../src/ops/owner.ts'
import { createAuthority, dayMs } from '../tls/authority.ts'
import { put } from '../tls/folder.ts'
import { newPlace as newCommandPlace, startServer } from './parley.ts'
import { inHouse } from './restored-house.ts'

const configOf = (dir: string) => readConfig({ root: dir, env: { PARLEY__DATA__DIR: dir } }).config

interface Setting {
  env?: Record<string, string>
  instruments?: Partial<Instruments>
}

function newPlace(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'parley-doctor-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const [data, certs] = [join(root, 'data'), join(root, 'certs')]
  mkdirSync(data, { mode: 0o700 })
  mkdirSync(certs)
  const look = ({ env = {}, instruments = {} }: Setting = {}) => {
    const given = { PARLEY__SERVER__PORT: '0', PARLEY__OPS__PORT: '0', ...env }
    const all = { ...realInstruments, opens: restoring.opens, postgres: examining.postgres, ...instruments }
    return diagnose({ root, read: () => readConfig({ root, env: given }), idle: 0, instruments: all })
  }
  /** What is wrong with this one thing, in one line; empty when nothing is. */
  async function finds(id: FindingId, setting?: Setting): Promise<string> {
    const { findings } = await look(setting)
    const bad = findings.filter((one) => one.id === id && one.level !== 'ok')
    for (const { fix, level } of bad) if (level === 'error') assert.ok(fix, `${id} says no fix`)
    return bad.map(({ level, cause }) => `${level}: ${cause}`).join('\n')
  }
  return { root, data, certs, look, finds }
}

test('a fresh folder has nothing wrong with it, and what needs a server is said not to have been looked at (CFG-03)', async (t) => {
  const { look } = newPlace(t)
  const { findings, skipped, ok, ...rest } = await look({ instruments: { space: async () => ({ free: 9e12, total: 9e12, type: 0 }) } })
  assert.deepEqual(
    findings.filter(({ level, id }) => level !== 'ok' && id !== 'D-NODE' && id !== 'D-ULIMIT'),
    [],
  )
  assert.equal(ok, true)
  assert.deepEqual(rest, { schema: 1, server: 'stopped', url: 'https://localhost:0', proxy: null })
  const all = new Set(checks.flatMap(({ ids }) => ids))
  const seen = new Set([...findings, ...skipped].map(({ id }) => id))
  assert.deepEqual(
    [...all.difference(seen)],
    ['D-STORE-REACH', 'D-STORE-CONNECTIONS', 'D-STORE-STEPS', 'D-CERT-NAME', 'D-CERT-SOON'],
    'every check is found or said to be left out; the store is a file, and a certificate is not made yet',
  )
  assert.ok(skipped.some(({ id, cause }) => id === 'D-WS-UPGRADE' && /No server is running/.test(cause)))
})

test('a configuration that cannot be read is the one finding', async (t) => {
  const { look, root } = newPlace(t)
  mkdirSync(join(root, 'config'))
  writeFileSync(join(root, 'config', 'local.yaml'), 'server:\n  prot: 443\n  host: [')
  const broken = await look()
  assert.equal(broken.ok, false)
  assert.deepEqual([...new Set(broken.findings.map(({ id }) => id))], ['D-CONFIG'])
  assert.match(broken.findings[0]?.cause ?? '', /config\/local\.yaml:\d+:\d+/)
  writeFileSync(join(root, 'config', 'local.yaml'), 'server:\n  prot: 443\n')
  assert.match((await look()).findings[0]?.cause ?? '', /config\/local\.yaml:2:3 server\.prot/)
})

test('a certificate that does not fit is told by what is wrong with it', async (t) => {
  const { look, finds, certs } = newPlace(t)
  const authority = await createAuthority()
  const env = { PARLEY__SERVER__PUBLICURL: 'https://chat.example' }
  const [good, other] = [await authority.issue(), await authority.issue()]
  await put(certs, good)
  for (const id of ['D-CERT-PAIR', 'D-CERT-NAME', 'D-CERT-SOON'] as const) assert.equal(await finds(id, { env }), '')

  await put(certs, { cert: good.cert, key: other.key })
  assert.match(await finds('D-CERT-PAIR', { env }), /^error: The key in privkey\.pem does not belong to the certificate/)
  await put(certs, await authority.issue({ names: ['mail.example'] }))
  assert.match(await finds('D-CERT-NAME', { env }), /^error: .*the certificate is not for chat\.example, only for mail\.example/)
  const nobody = (await look()).findings.find(({ id }) => id === 'D-CERT-NAME')
  assert.match(nobody?.fix ?? '', /publicUrl: https:\/\/mail\.example$/, 'no authority vouches for localhost')
  await put(certs, await authority.issue({ notBefore: Date.now() - 20 * dayMs, notAfter: Date.now() - dayMs }))
  assert.match(await finds('D-CERT-SOON', { env }), /^error: The certificate expired on 20/)
  assert.equal(await finds('D-CERT-PAIR', { env }), '')
  await put(certs, await authority.issue({ notBefore: Date.now() - 60 * dayMs, notAfter: Date.now() + 5 * dayMs }))
  assert.match(await finds('D-CERT-SOON', { env }), /^warning: The certificate ends in [45] days/)
  rmSync(join(certs, 'privkey.pem'))
  assert.match(await finds('D-CERT-PAIR', { env }), /^error: Privkey\.pem is missing/i)
})

test('a key that others can read is told, with the command that closes it', async (t) => {
  const { look, finds, certs, data } = newPlace(t)
  await put(certs, await (await createAuthority()).issue({ names: ['localhost'] }))
  chmodSync(join(certs, 'privkey.pem'), 0o644)
  writeFileSync(join(data, 'master.key'), 'x', { mode: 0o640 })
  const { findings } = await look()
  const wrong = findings.filter(({ id }) => id === 'D-PERMS')
  assert.deepEqual(
    wrong.map(({ fix }) => fix),
    [`chmod go= '${join(data, 'master.key')}'`, `chmod go= '${join(certs, 'privkey.pem')}'`],
  )
  assert.match(await finds('D-PERMS'), /Others on this machine can read .*privkey\.pem, the key of the certificate \(mode 0644\)/)
})

test('a store that cannot keep what it promises: full, read-only, nearly full, on the network, damaged', async (t) => {
  const { finds, data } = newPlace(t)
  const failing = (code: string) => ({ instruments: { trial: () => Promise.reject(Object.assign(new Error(code), { code })) } })
  assert.match(await finds('D-STORE-DURABLE', failing('ENOSPC')), /^error: Nothing can be written to .*: the disk is full/)
  assert.match(await finds('D-STORE-DURABLE', failing('EROFS')), /^error: .*it is read-only/)
  // Not even root may write there.
  assert.match(await finds('D-STORE-DURABLE', { env: { PARLEY__DATA__DIR: '/proc/parley' } }), /^error: Nothing can be written to \/proc/)
  const space = (free: number, type = 0) => ({ instruments: { space: async () => ({ free, total: 1e12, type }) } })
  assert.match(await finds('D-DISK', space(1e6)), /^error: Only 0 MiB are free/)
  assert.match(await finds('D-DISK', space(5e8)), /^warning: 476 MiB are free/)
  assert.match(await finds('D-STORE-DURABLE', space(1e12, 0x6969)), /^warning: The store is on NFS/)
  writeFileSync(join(data, 'parley.db'), 'the cat sat on it. '.repeat(500), { mode: 0o600 })
  assert.match(await finds('D-STORE-DURABLE'), /^error: .*parley\.db cannot be read as a store \(file is not a database\)/)
})

test('a master key that does not open the store is found before a start is', async (t) => {
  const { finds, data } = newPlace(t)
  const { finds: inAnother, data: another } = newPlace(t)
  for (const dir of [data, another]) await inHouse({ data: dir, root: dir, config: configOf(dir) }, async () => undefined)
  assert.equal(await finds('D-SECRETS'), '')
  assert.equal(await inAnother('D-SECRETS'), '')
  copyFileSync(join(another, 'master.key'), join(data, 'master.key'))
  assert.match(await finds('D-SECRETS'), /^error: The master key in .*master\.key is that of another store/)
  writeFileSync(join(data, 'master.key'), 'no key')
  assert.match(await finds('D-SECRETS'), /^error: What is in .* is no master key/)
  rmSync(join(data, 'master.key'))
  assert.match(await finds('D-SECRETS'), /^error: .*master\.key cannot be opened \(ENOENT\)\. It seals the keys/)
  const env = { PARLEY__SECRETS__MASTERKEY: readFileSync(join(another, 'master.key'), 'utf8').trim() }
  assert.match(await finds('D-SECRETS', { env }), /^error: The master key in secrets\.masterKey is that of another store/)
})

test('a clock that is off: long past, set back, jumping', async (t) => {
  const { finds, data } = newPlace(t)
  assert.match(await finds('D-CLOCK', { instruments: { now: () => Date.UTC(2001, 0) } }), /^error: The clock of this machine says 2001/)
  const file = join(data, 'master.key')
  writeFileSync(file, 'x', { mode: 0o600 })
  utimesSync(file, new Date(), new Date(Date.now() + 600_000))
  assert.match(await finds('D-CLOCK'), /^error: .*master\.key was written at .*it was set back/)
  rmSync(file)
  let jumped = 0
  const now = () => {
    jumped += 30_000
    return Date.now() + jumped
  }
  assert.match(await finds('D-CLOCK', { instruments: { now } }), /^warning: The clock jumped by \d{5,} ms/)
})

test('a port that is taken, a store that another holds, too few sockets, an old Node', async (t) => {
  const { finds, data, root } = newPlace(t)
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  assert.match(
    await finds('D-PORT', { env: { PARLEY__SERVER__PORT: `${port}` } }),
    new RegExp(`^error: server\\.port: 127\\.0\\.0\\.1:${port} is taken`),
  )
  assert.match(
    await finds('D-ULIMIT', { instruments: { openFiles: () => 1024 } }),
    /^warning: Only 1024 open files are allowed; 20000 connections \(limits\.connections\) need/,
  )
  assert.match(await finds('D-NODE', { instruments: { node: '22.1.0' } }), /^error: Node 22\.1\.0 lacks what Parley needs/)
  assert.match(await finds('D-NODE', { instruments: { node: '26.12.0' } }), /^warning: Node 26\.12\.0 lacks published security fixes/)
  const { config } = readConfig({ root, env: {} })
  const owner = await ownStore(config)
  t.after(() => owner.release())
  assert.match(await finds('D-STORE-LOCK'), new RegExp(`^error: The process ${process.pid} holds the store, but takes no orders`))
  assert.ok(data)
})

test('the command says it in words and as JSON, and its exit code tells how bad it is', async (t) => {
  const { parley, root } = await newCommandPlace(t)
  const mild = { PARLEY__LIMITS__FRAMEBYTES: '2048' }
  const strict = await parley(['doctor', '--strict', '--json'], { env: mild })
  const told = JSON.parse(strict.stdout)
  assert.deepEqual(Object.keys(told), ['schema', 'ok', 'server', 'url', 'proxy', 'findings', 'skipped'])
  assert.deepEqual([strict.code, strict.stderr, told.ok, told.server], [told.ok ? 1 : 2, '', told.ok, 'stopped'])
  mkdirSync(join(root, 'certs'))
  writeFileSync(join(root, 'certs', 'privkey.pem'), 'no key', { mode: 0o644 })
  const bad = await parley(['doctor'], { env: mild })
  assert.equal(bad.code, 2)
  assert.match(bad.stdout, /^✗ D-PERMS +Others on this machine can read .*\n\n {6}chmod go= '/m)
  assert.match(bad.stdout, /^! D-CONFIG /m)
  assert.match(bad.stdout, /^- not looked at: D-HOST, .*No server is running; only this machine was looked at\.$/m)
  assert.match(bad.stdout, /\d errors?, \d warnings?\.\n$/)
})

test('a server that ends TLS itself is tried from the door to the first frame; before there is an account, as far as that goes', async (t) => {
  const place = await newCommandPlace(t)
  await startServer(place)
  const told = async () => JSON.parse((await place.parley(['doctor', '--json'])).stdout)
  const idsOf = (found: { findings: { id: string; level: string }[] }, level: string) =>
    found.findings.filter((one) => one.level === level).map(({ id }) => id)
  const empty = await told()
  assert.deepEqual([empty.server, empty.proxy, idsOf(empty, 'error')], ['running', 'none', []])
  assert.match(empty.findings.find(({ id }: { id: string }) => id === 'D-WS-UPGRADE').cause, /way to the socket is free/)
  assert.deepEqual(new Set(empty.skipped.map(({ cause }: { cause: string }) => cause)), new Set(['There is no account yet.']))

  await place.parley(['account', 'add', 'ada', '--no-password'])
  const found = await told()
  assert.deepEqual([found.ok, idsOf(found, 'error'), found.skipped], [true, [], []])
  assert.ok(idsOf(found, 'warning').includes('D-CERT-TRUST'), 'a development certificate is nobody’s to trust')
  const left = JSON.parse((await place.parley(['account', 'list', '--json'])).stdout)
  assert.deepEqual(
    left.map(({ name }: { name: string }) => name),
    ['ada'],
  )
  assert.deepEqual(JSON.parse((await place.parley(['login', 'list', '--json'])).stdout), [])
})
