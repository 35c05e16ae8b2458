import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Findings, holdAgainst } from './scanner.ts'
import { nmap, sslscan, testssl } from './scanners.ts'
import { startTarget } from './target.ts'

const older = { PARLEY__TLS__MINVERSION: '1.2' }
const suites = (names: string) => names.trim().split(/\s+/)
/** Authenticated encryption alone, and keys that are thrown away: all that may ever be offered. */
const good13 = suites('TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256')
const good12 = suites(`ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305
  ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305`)

test('as installed, sslscan finds TLS 1.3 and nothing older, and no suite that is not on the list (TLS-01, TLS-02)', async (t) => {
  const { versions, ciphers, faults } = await sslscan(await startTarget(t))
  assert.deepEqual(faults, [])
  assert.deepEqual(versions, ['1.3'])
  assert.deepEqual(ciphers.sort(), good13)
})

test('where TLS 1.2 is allowed, sslscan finds it and nothing older, and still no weak suite (TLS-01, TLS-02)', async (t) => {
  const { versions, ciphers, faults } = await sslscan(await startTarget(t, older))
  assert.deepEqual(faults, [])
  assert.deepEqual(versions, ['1.2', '1.3'])
  assert.ok(ciphers.length > good13.length)
  assert.deepEqual(
    ciphers.filter((one) => ![...good13, ...good12].includes(one)),
    [],
  )
})

for (const [words, settings] of [
  ['as installed', {}],
  ['where TLS 1.2 is allowed', older],
] as const) {
  test(`${words}, nmap gives every suite the best mark and finds none of the old faults of TLS (TLS-01, TLS-02)`, async (t) => {
    const faults = ['ssl-heartbleed', 'ssl-poodle', 'ssl-ccs-injection', 'ssl-dh-params', 'sslv2', 'sslv2-drown']
    const told = await nmap(await startTarget(t, settings), ['ssl-enum-ciphers', ...faults])
    const offered = told.get('ssl-enum-ciphers') ?? ''
    const marks = [...offered.matchAll(/ - (\w)$/gm)].map(([, mark]) => mark)
    assert.ok(marks.length >= 3)
    assert.deepEqual([...new Set(marks)], ['A'])
    const versions = [...offered.matchAll(/((?:TLS|SSL)v[\d.]+)/g)].map(([, version]) => version)
    assert.deepEqual(versions, settings === older ? ['TLSv1.2', 'TLSv1.3'] : ['TLSv1.3'])
    told.delete('ssl-enum-ciphers')
    assert.deepEqual(told, new Map())
  })

  test(`${words}, testssl finds nothing that was not looked at before (TLS-01, TLS-02)`, async (t) => {
    const target = await startTarget(t, settings)
    let told = await testssl(target)
    // On a busy machine it gives up on a check here and there; what it did not look at it has to look at.
    for (let again = 0; again < 2 && told.some(({ finding }) => finding.includes('check failed')); again++) told = await testssl(target)
    const said = new Map(told.map(({ id, finding }) => [id, finding]))
    for (const version of ['SSLv2', 'SSLv3', 'TLS1', 'TLS1_1']) assert.equal(said.get(version), 'not offered', version)
    assert.match(said.get('TLS1_3') ?? '', /^offered/)
    const found: Findings = new Map(
      told.filter(({ severity }) => !['OK', 'INFO'].includes(severity)).map(({ id, severity, finding }) => [id, `${severity} ${finding}`]),
    )
    holdAgainst(settings === older ? 'testssl, TLS 1.2 allowed' : 'testssl', found)
  })
}
