import assert from 'node:assert/strict'
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type CertificatesAsked, openCertificates } from '../../src/tls/certificates.ts'
import { putDevelopmentPair } from '../../src/tls/put-pair.ts'
import { createAuthority, dayMs } from './authority.ts'
import { createHandTimers, createKeptLog, newFolder, put } from './folder.ts'

const authority = await createAuthority()

async function open(t: TestContext, dir: string, asked: Partial<CertificatesAsked> = {}) {
  const kept = createKeptLog()
  const certificates = await openCertificates({ dir, minVersion: '1.3', names: [], log: kept.log, now: Date.now, ...asked })
  t.after(() => certificates.close())
  return { ...kept, certificates }
}

test('the first start makes a pair for this machine and says so; its key is for nobody else to read', async (t) => {
  const dir = join(await newFolder(t), 'deep', 'certs')
  const { certificates, of } = await open(t, dir, { names: ['localhost'] })
  assert.ok(certificates.made && certificates.facts().isDevelopment)
  assert.deepEqual((await readdir(dir)).sort(), ['ca.pem', 'fullchain.pem', 'privkey.pem'])
  assert.equal((await stat(join(dir, 'privkey.pem'))).mode & 0o777, 0o600)
  assert.match(of('tls_pair_made')[0]?.msg ?? '', /There was no certificate.*ca\.pem/)
  assert.deepEqual(of('tls_pair_warning'), [])

  const texts = await Promise.all((await readdir(dir)).map((name) => readFile(join(dir, name), 'utf8')))
  assert.equal(texts.join('').match(/BEGIN [A-Z ]*PRIVATE KEY/g)?.length, 1, 'the key of the authority is nowhere')
})

test('the second start finds it and leaves it as it is', async (t) => {
  const dir = await newFolder(t)
  const first = await open(t, dir)
  const second = await open(t, dir)
  assert.equal(second.certificates.made, false)
  assert.deepEqual(second.certificates.facts(), first.certificates.facts())
  assert.deepEqual(second.lines, [])
})

test('a pair of ours with less than 14 days to go is made anew at the start', async (t) => {
  const dir = await newFolder(t)
  const first = await open(t, dir)
  const after = (days: number) => ({ now: () => first.certificates.facts().notAfter - days * dayMs })
  assert.equal((await open(t, dir, after(15))).certificates.made, false)
  const renewed = await open(t, dir, after(13))
  assert.ok(renewed.certificates.made)
  assert.match(renewed.of('tls_pair_made')[0]?.msg ?? '', /about to expire/)
  const late = await open(t, dir, { now: () => renewed.certificates.facts().notAfter + dayMs })
  assert.ok(late.certificates.made, 'also when it has expired')
})

test('what a pair of ours was for, the next one is for as well', async (t) => {
  const dir = await newFolder(t)
  const { facts } = await putDevelopmentPair({ dir, now: Date.now(), force: false, more: ['chat.test', 'fd00::7'] })
  const renewed = await open(t, dir, { now: () => facts.notAfter - dayMs })
  assert.ok(renewed.certificates.made)
  assert.deepEqual(renewed.certificates.facts().names.toSorted(), facts.names.toSorted())
})

test('what an operator put there is never written over, not even a key beside an old certificate of ours', async (t) => {
  const dir = await newFolder(t)
  const first = await open(t, dir)
  const { key } = await authority.issue()
  await writeFile(join(dir, 'privkey.pem'), key)
  await assert.rejects(open(t, dir, { now: () => first.certificates.facts().notAfter + dayMs }), /does not belong[\s\S]*expired/)
  assert.equal(await readFile(join(dir, 'privkey.pem'), 'utf8'), key)

  const expired = await authority.issue({ notBefore: Date.now() - 9 * dayMs, notAfter: Date.now() - dayMs })
  await put(dir, expired)
  await assert.rejects(open(t, dir), /cannot be used:\n- the certificate expired on .*\nPut a good fullchain\.pem and privkey\.pem there\./)
  assert.equal(await readFile(join(dir, 'fullchain.pem'), 'utf8'), expired.cert)
})

test('half a pair, a folder in its place and a file beyond all measure are said, not mended', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  await rm(join(dir, 'privkey.pem'))
  await assert.rejects(open(t, dir), /- privkey\.pem is missing\n/)
  await mkdir(join(dir, 'privkey.pem'))
  await assert.rejects(open(t, dir), /- privkey\.pem is not a file\n/)
  await rm(join(dir, 'privkey.pem'), { recursive: true })
  await writeFile(join(dir, 'privkey.pem'), Buffer.alloc(300_000, 'a'))
  await assert.rejects(open(t, dir), /- privkey\.pem is larger than/)
  assert.deepEqual((await readdir(dir)).sort(), ['fullchain.pem', 'privkey.pem'])
})

test('a folder that cannot be made is a fault with a way out', async (t) => {
  const dir = await newFolder(t)
  await writeFile(join(dir, 'certs'), 'a file in the way')
  await assert.rejects(open(t, join(dir, 'certs')), /certs/)
  await assert.rejects(open(t, join(dir, 'certs', 'below')), /cannot be/)
})

test('a start with a host that the certificate is not for is warned of, and goes on', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue({ names: ['chat.example'] }))
  await chmod(join(dir, 'privkey.pem'), 0o644)
  const { of } = await open(t, dir, { names: ['other.example'] })
  const [readable, uncovered] = of('tls_pair_warning').map(({ msg }) => msg)
  assert.match(uncovered ?? '', /is not for other\.example, only for chat\.example/)
  assert.match(readable ?? '', /everybody on this machine can read privkey\.pem: chmod 600 it/)
})

test('the end of a certificate is said at 30, 14, 7 and 1 days and when it has come, once each (TLS-07)', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue({ notBefore: Date.now() - 200 * dayMs, notAfter: Date.now() + 40 * dayMs }))
  let days = 0
  const { certificates, lines } = await open(t, dir, { now: () => Date.now() + days * dayMs, after: createHandTimers().after })
  const saidAt: number[] = []
  for (days = 0; days < 45; days++) {
    const before = lines.length
    await certificates.look()
    await certificates.look()
    assert.ok(lines.length - before <= 1)
    if (lines.length > before) saidAt.push(days)
  }
  assert.deepEqual(saidAt, [10, 26, 33, 39, 40])
  assert.deepEqual(new Set(lines.map(({ event }) => event)), new Set(['tls_pair_expires', 'tls_pair_expired']))
})

test('a certificate that lives for days only is not about to end on its first', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue({ notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 6 * dayMs }))
  const { lines } = await open(t, dir)
  assert.deepEqual(lines, [])
})
