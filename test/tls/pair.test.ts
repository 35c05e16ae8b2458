import 'reflect-metadata'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ExtendedKeyUsage } from '@peculiar/x509'
import { checkPair } from '../../src/tls/pair.ts'
import type { Pair } from '../../src/tls/pair-files.ts'
import { certificatesIn, createAuthority, dayMs } from './authority.ts'

const now = Date.now()
const authority = await createAuthority()
const good = await authority.issue()
const reasonsOf = (pair: Pair, at = now): string[] => {
  const verdict = checkPair({ ...pair, now: at, names: [] })
  return verdict.ok ? [] : verdict.reasons
}
const issuedBy = (cert: string) => certificatesIn(cert)[0] as string

test('a good pair serves, and tells whom it is for, by whom and until when', async () => {
  const names = ['chat.example', '*.chat.example', '10.0.0.7', '2001:db8::7']
  const verdict = checkPair({
    ...(await authority.issue({ names })),
    now,
    names: ['chat.example', 'ada.chat.example', '10.0.0.7', '[2001:db8::7]'],
  })
  assert.ok(verdict.ok)
  const { fingerprint256, notAfter, ...facts } = verdict.facts
  assert.deepEqual(facts, {
    subject: 'CN=chat.example',
    issuer: 'CN=Authority of the tests',
    names,
    notBefore: facts.notBefore,
    isDevelopment: false,
  })
  assert.match(fingerprint256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  assert.ok(notAfter > now + 89 * dayMs)
  assert.deepEqual(verdict.uncovered, [])
  assert.deepEqual(verdict.warnings, [])
})

test('hosts that it is not for are named, whatever its common name says', async () => {
  const verdict = checkPair({
    ...(await authority.issue({ names: ['*.chat.example'] })),
    now,
    names: ['chat.example', 'a.b.chat.example', '10.0.0.7'],
  })
  assert.ok(verdict.ok)
  assert.deepEqual(verdict.uncovered, ['chat.example', 'a.b.chat.example', '10.0.0.7'])
})

test('a key that belongs to another certificate is refused', async () => {
  const { key } = await authority.issue()
  assert.deepEqual(reasonsOf({ ...good, key }), ['the key in privkey.pem does not belong to the certificate in fullchain.pem'])
})

test('the dates of every certificate in the chain are looked at, in both directions', async () => {
  const short = await authority.issue({ notBefore: now - 2 * dayMs, notAfter: now + dayMs })
  assert.deepEqual(reasonsOf(short), [])
  assert.match(reasonsOf(short, now + 2 * dayMs).join(), /^the certificate expired on \d{4}-\d\d-\d\dT/)
  assert.match(reasonsOf(short, now - 3 * dayMs).join(), /^the certificate is not valid before \d{4}-.*clock/)
  assert.match(reasonsOf(good, now + 1001 * dayMs).join('; '), /certificate 2 in fullchain\.pem expired/)
})

test('a chain in another order than that of the signing is refused', async () => {
  const [leaf, issuer] = certificatesIn(good.cert) as [string, string]
  assert.match(reasonsOf({ ...good, cert: issuer + leaf }).join('; '), /is in the wrong order/)
  const stranger = await createAuthority()
  assert.deepEqual(reasonsOf({ ...good, cert: leaf + stranger.cert }), [
    'certificate 2 in fullchain.pem did not sign the certificate: each is followed by its issuer',
  ])
  const other = await authority.issue({ names: ['other.example'] })
  assert.match(reasonsOf({ ...good, cert: leaf + issuedBy(other.cert) }).join('; '), /certificate 2 in fullchain\.pem did not sign/)
})

test('keys too weak, forgeable signatures and other purposes are refused', async () => {
  assert.deepEqual(reasonsOf(await authority.issue({ rsaBits: 1024 })), ['the certificate has a key of 1024 bits; 2048 are the least'])
  assert.deepEqual(reasonsOf(await authority.issue({ rsaBits: 2048 })), [])
  assert.deepEqual(reasonsOf(await authority.issue({ curve: 'P-384' })), [])
  assert.match(reasonsOf(await authority.issue({ hash: 'SHA-1' })).join(), /^the certificate is signed with .*SHA1, which can be forged$/i)
  assert.match(reasonsOf(await authority.issue({ usage: ExtendedKeyUsage.clientAuth })).join(), /not meant for servers/)
})

test('whatever else lies in the files is refused in words', async () => {
  assert.deepEqual(reasonsOf({ cert: '', key: '' }), ['fullchain.pem holds no certificate', 'privkey.pem holds no private key'])
  assert.deepEqual(reasonsOf({ cert: good.key, key: good.cert }), [
    'fullchain.pem holds no certificate',
    'privkey.pem holds no private key',
  ])
  assert.deepEqual(reasonsOf({ ...good, cert: good.cert.replace(/MII.{40}/, 'MIIAAAA') }), ['certificate 1 in fullchain.pem is damaged'])
  assert.deepEqual(reasonsOf({ ...good, cert: good.cert.slice(0, 200) }), ['fullchain.pem holds no certificate'])
  assert.deepEqual(reasonsOf({ ...good, key: good.key.slice(0, 60) }), ['privkey.pem holds no private key'])
  assert.match(reasonsOf({ ...good, key: good.key.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY') }).join(), /locked with a passphrase/)
  assert.match(reasonsOf({ ...good, cert: good.cert.repeat(6) }).join(), /holds 12 certificates/)
  for (const junk of ['\0'.repeat(1000), '-----BEGIN CERTIFICATE-----'.repeat(1000), '🜁'.repeat(1000)])
    assert.equal(reasonsOf({ cert: junk, key: junk }).length, 2)
})

test('all reasons are told at once', async () => {
  const pair = await authority.issue({
    rsaBits: 1024,
    usage: ExtendedKeyUsage.clientAuth,
    notBefore: now - 9 * dayMs,
    notAfter: now - dayMs,
  })
  assert.equal(reasonsOf({ ...pair, key: good.key }).length, 4)
})

test('what serves badly is warned of: no issuer in the file, a key in the public one', async () => {
  const leaf = issuedBy(good.cert)
  const warned = (pair: Pair) => {
    const verdict = checkPair({ ...pair, now, names: [] })
    return verdict.ok ? verdict.warnings.join('; ') : 'refused'
  }
  assert.match(warned({ ...good, cert: leaf }), /holds no issuer of it/)
  assert.match(warned({ ...good, cert: good.cert + good.key }), /holds a private key/)
})

test('no reason ever holds a piece of the key', async () => {
  const secret = good.key.split('\n')[1] ?? ''
  for (const flawed of [good.key.slice(0, 90), good.key.replace('PRIVATE KEY', 'RSA PRIVATE KEY'), `${secret}\n${secret}`]) {
    const told = reasonsOf({ ...good, key: flawed }).join()
    assert.notEqual(told, '')
    for (let at = 0; at + 12 < secret.length; at += 4) assert.ok(!told.includes(secret.slice(at, at + 12)))
  }
})
