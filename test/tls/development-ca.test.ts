import 'reflect-metadata'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { Extension } from '@peculiar/x509'
import { makeDevelopmentPair } from '../../src/tls/development-ca.ts'
import { nameConstraints } from '../../src/tls/name-constraints.ts'
import { tlsOptions } from '../../src/tls/options.ts'
import { checkPair } from '../../src/tls/pair.ts'
import { writePair } from '../../src/tls/pair-files.ts'
import { certificatesIn, createAuthority, dayMs } from './authority.ts'
import { newFolder } from './folder.ts'

const run = promisify(execFile)
const verify = (ca: string, file: string, ...more: string[]) =>
  run('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', ca, ...more, file])

test('openssl takes the development certificate for each loopback name, and for no other', async (t) => {
  const dir = await newFolder(t)
  await writePair(dir, await makeDevelopmentPair(Date.now()))
  const [ca, chain] = [join(dir, 'ca.pem'), join(dir, 'fullchain.pem')]
  assert.match((await verify(ca, chain, '-verify_hostname', 'localhost')).stdout, /OK/)
  for (const address of ['127.0.0.1', '::1']) assert.match((await verify(ca, chain, '-verify_ip', address)).stdout, /OK/)
  await assert.rejects(verify(ca, chain, '-verify_hostname', 'chat.example'), /[Hh]ostname mismatch/)
})

test('openssl takes one for further names of one’s own network, however long the list', async (t) => {
  const dir = await newFolder(t)
  const more = ['chat.test', '192.168.1.7', 'fd00::7', ...Array.from({ length: 17 }, (_, i) => `a-rather-long-name-${i}.of-our.house.test`)]
  const pair = await makeDevelopmentPair(Date.now(), more)
  await writePair(dir, pair)
  const [ca, chain] = [join(dir, 'ca.pem'), join(dir, 'fullchain.pem')]
  for (const name of ['localhost', 'chat.test', 'a-rather-long-name-16.of-our.house.test'])
    assert.match((await verify(ca, chain, '-verify_hostname', name)).stdout, /OK/)
  for (const address of ['127.0.0.1', '192.168.1.7', 'fd00::7']) assert.match((await verify(ca, chain, '-verify_ip', address)).stdout, /OK/)
  const verdict = checkPair({ ...pair, now: Date.now(), names: ['chat.test', 'fd00::7', 'other.test'] })
  assert.deepEqual([verdict.ok, verdict.ok && verdict.uncovered], [true, ['other.test']])
})

test('its authority may speak for loopback names alone, and for no authority below', async (t) => {
  const dir = await newFolder(t)
  await writePair(dir, await makeDevelopmentPair(Date.now()))
  const { stdout } = await run('openssl', ['x509', '-noout', '-text', '-in', join(dir, 'ca.pem')])
  assert.match(stdout, /Basic Constraints: critical\s+CA:TRUE, pathlen:0/)
  assert.match(stdout, /Key Usage: critical\s+Certificate Sign\n/)
  assert.match(
    stdout,
    /Name Constraints: critical\s+Permitted:\s+DNS:localhost\s+IP:127\.0\.0\.1\/255\.255\.255\.255\s+IP:0:0:0:0:0:0:0:1\/FFFF:[F:]+\s+X509v3/,
  )
})

test('what an authority so constrained signs for eve is refused, and for localhost and below is not', async (t) => {
  const dir = await newFolder(t)
  const authority = await createAuthority([
    new Extension('2.5.29.30', true, nameConstraints({ names: ['localhost'], addresses: ['127.0.0.1', '::1'] })),
  ])
  const ca = join(dir, 'authority.pem')
  await writeFile(ca, authority.cert)
  const signedFor = async (...names: string[]) => {
    const file = join(dir, 'leaf.pem')
    await writeFile(file, (await authority.issue({ names })).cert)
    // Not strict: the authority of the tests leaves out what strictness wants besides.
    return run('openssl', ['verify', '-purpose', 'sslserver', '-CAfile', ca, file])
  }
  for (const name of ['ada.localhost', '127.0.0.1', '::1']) assert.match((await signedFor('localhost', name)).stdout, /OK/)
  for (const name of ['eve.example', '127.0.0.2', '::2', '10.0.0.1'])
    await assert.rejects(signedFor('localhost', name), /permitted subtree violation/)
})

test('curl and Node trust it once they are given ca.pem, and not before', async (t) => {
  const dir = await newFolder(t)
  const pair = await makeDevelopmentPair(Date.now())
  await writePair(dir, pair)
  const server = createServer(tlsOptions(pair, { minVersion: '1.3', ticketKeys: Buffer.alloc(48) }), (_, response) =>
    response.end('hello ada'),
  )
  t.after(() => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const curl = (...more: string[]) => run('curl', ['-sS', '--noproxy', '*', ...more])
  for (const host of ['localhost', '127.0.0.1']) {
    const { stdout } = await curl('--cacert', join(dir, 'ca.pem'), `https://${host}:${port}/`)
    assert.equal(stdout, 'hello ada')
  }
  await assert.rejects(curl(`https://localhost:${port}/`), /certificate/)
  // A process of its own: Node reads the variable once, at its start.
  const asks = [
    `--eval`,
    `fetch('https://localhost:${port}/').then((answer) => answer.text()).then(console.log, (e) => console.log(e.cause.code))`,
  ]
  assert.equal((await run(process.execPath, asks, { env: { NODE_EXTRA_CA_CERTS: join(dir, 'ca.pem') } })).stdout, 'hello ada\n')
  assert.match((await run(process.execPath, asks, { env: {} })).stdout, /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER/)
})

test('it holds no longer than browsers accept, and each one has an authority of its own name', async () => {
  const [ada, bob] = await Promise.all([makeDevelopmentPair(Date.now()), makeDevelopmentPair(Date.now())])
  const [one, other] = [ada, bob].map((pair) => checkPair({ ...pair, now: Date.now(), names: ['localhost', '127.0.0.1', '[::1]'] }))
  assert.ok(one?.ok && other?.ok)
  assert.deepEqual(one.warnings, [])
  assert.deepEqual(one.uncovered, [])
  assert.ok(one.facts.isDevelopment)
  assert.deepEqual(one.facts.names, ['localhost', '127.0.0.1', '::1'])
  assert.ok(one.facts.notAfter - one.facts.notBefore <= 397 * dayMs)
  assert.ok(one.facts.notBefore < Date.now(), 'a clock that is a little slow accepts it')
  assert.notEqual(one.facts.issuer, other.facts.issuer)
})

test('the key of the authority is in nothing that comes out: there is one key, and it is the server’s', async () => {
  const { ca, cert, key } = await makeDevelopmentPair(Date.now())
  assert.equal(`${ca}${cert}${key}`.match(/BEGIN [A-Z ]*PRIVATE KEY/g)?.length, 1)
  assert.deepEqual(checkPair({ cert: ca, key, now: Date.now(), names: [] }), {
    ok: false,
    facts: checkPair({ cert: ca, key, now: Date.now(), names: [] }).facts,
    reasons: ['the key in privkey.pem does not belong to the certificate in fullchain.pem'],
  })
  assert.equal(certificatesIn(cert)[1], ca)
})
