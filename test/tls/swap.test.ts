import assert from 'node:assert/strict'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import type { Pair } from '../../src/tls/pair-files.ts'
import { often } from '../gateway/chance.ts'
import { certificatesIn, createAuthority, dayMs } from './authority.ts'
import { createHandTimers, echoOf, fingerprintOf, newFolder, put, serveFolder } from './folder.ts'

const authority = await createAuthority()
/** Nothing happens by itself: only looks that are asked for. */
const still = { after: createHandTimers().after }

test('ada stays connected over a swap, and bob who comes after gets the new certificate (TLS-07)', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const { certificates, meet } = await serveFolder(t, dir, still)
  const ada = await meet()
  await put(dir, await authority.issue())
  assert.equal(await certificates.look(), 'swapped')
  assert.equal(await certificates.look(), 'same')
  const bob = await meet()
  assert.notEqual(fingerprintOf(bob), fingerprintOf(ada))
  assert.equal(fingerprintOf(bob), certificates.facts().fingerprint256)
  assert.equal(await echoOf(ada, 'still here'), 'still here')
  assert.equal(await echoOf(bob, 'hello'), 'hello')
})

test('TLS 1.2 is refused before a swap and after it (TLS-01, TLS-07)', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const { certificates, meet } = await serveFolder(t, dir, still)
  const isRefused = () => assert.rejects(meet({ maxVersion: 'TLSv1.2' }), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' })
  await isRefused()
  await put(dir, await authority.issue())
  assert.equal(await certificates.look(), 'swapped')
  await isRefused()
})

for (const version of ['TLSv1.3', 'TLSv1.2'] as const) {
  test(`a session of ${version} from before a swap is resumed after it`, async (t) => {
    const dir = await newFolder(t)
    await put(dir, await authority.issue())
    const { certificates, meet, port } = await serveFolder(t, dir, { ...still, minVersion: '1.2' })
    const ada = connect({ host: '127.0.0.1', port, servername: 'chat.example', rejectUnauthorized: false, maxVersion: version })
    const [session] = await once(ada, 'session')
    ada.destroy()
    await put(dir, await authority.issue())
    assert.equal(await certificates.look(), 'swapped')
    const again = await meet({ session, maxVersion: version })
    assert.equal(again.getProtocol(), version)
    assert.equal(again.isSessionReused(), true)
  })
}

test('every kind of bad pair is refused with its reason, once, and the old one goes on (TLS-07)', async (t) => {
  const dir = await newFolder(t)
  const good = await authority.issue()
  await put(dir, good)
  const { certificates, meet, shown, of } = await serveFolder(t, dir, still)
  const before = await shown()
  const ada = await meet()
  const [leaf = '', issuer = ''] = certificatesIn(good.cert)
  const bad: [Pair, RegExp][] = [
    [{ cert: 'garbage', key: 'garbage' }, /holds no certificate/],
    [{ ...good, key: '' }, /holds no private key/],
    [{ ...good, key: (await authority.issue()).key }, /does not belong/],
    [await authority.issue({ notBefore: Date.now() - 9 * dayMs, notAfter: Date.now() - dayMs }), /expired on/],
    [await authority.issue({ notBefore: Date.now() + dayMs }), /not valid before/],
    [await authority.issue({ names: ['shop.example'] }), /not for chat\.example, only for shop\.example/],
    [{ ...good, cert: issuer + leaf }, /wrong order/],
    [await authority.issue({ rsaBits: 1024 }), /1024 bits/],
    [await authority.issue({ hash: 'SHA-1' }), /can be forged/],
  ]
  for (const [pair, words] of bad) {
    await put(dir, pair)
    const told = of('tls_pair_refused').length
    assert.equal(await certificates.look(), 'refused')
    assert.equal(await certificates.look(), 'refused')
    assert.match(certificates.refusal()?.join() ?? '', words)
    assert.deepEqual(
      of('tls_pair_refused')
        .slice(told)
        .map(({ reasons }) => reasons),
      [certificates.refusal()],
    )
    assert.equal(await shown(), before)
  }
  await rm(join(dir, 'privkey.pem'))
  assert.equal(await certificates.look(), 'refused')
  assert.deepEqual(certificates.refusal(), ['privkey.pem is missing'])
  await put(dir, good)
  assert.equal(await certificates.look(), 'same')
  assert.equal(certificates.refusal(), undefined)
  assert.equal(await echoOf(ada, 'still here'), 'still here')
})

test('a pair that came too early is taken when its time has come', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  let now = Date.now()
  const { certificates } = await serveFolder(t, dir, { ...still, now: () => now })
  await put(dir, await authority.issue({ notBefore: now + dayMs }))
  assert.equal(await certificates.look(), 'refused')
  now += 2 * dayMs
  assert.equal(await certificates.look(), 'swapped')
})

test('a host that the old certificate was not for either does not keep the new one out', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue({ names: ['inner.example'] }))
  const { certificates } = await serveFolder(t, dir, { ...still, names: ['inner.example', 'chat.example'] })
  await put(dir, await authority.issue({ names: ['inner.example'] }))
  assert.equal(await certificates.look(), 'swapped')
  await put(dir, await authority.issue({ names: ['chat.example'] }))
  assert.equal(await certificates.look(), 'refused')
  await put(dir, await authority.issue({ names: ['inner.example', 'chat.example'] }))
  assert.equal(await certificates.look(), 'swapped')
  await put(dir, await authority.issue({ names: ['inner.example'] }))
  assert.equal(await certificates.look(), 'refused', 'what has once been covered stays so')
})

test('a server that is added after a swap is told of it at once, and one that fails harms no other', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const { certificates, of } = await serveFolder(t, dir, still)
  certificates.onSwap(() => {
    throw new Error('this one is closing')
  })
  let early = 0
  certificates.onSwap(() => early++)
  assert.equal(early, 0)
  await put(dir, await authority.issue())
  await certificates.look()
  assert.equal(early, 1)
  assert.equal(of('tls_swap_failed').length, 1)
  let late = 0
  certificates.onSwap(() => late++)
  assert.equal(late, 1)
})

test('many swaps while people come and go fail no handshake (TLS-07)', async (t) => {
  const dir = await newFolder(t)
  const pairs = await Promise.all(Array.from({ length: 10 }, () => authority.issue()))
  await put(dir, pairs[0] as Pair)
  const { certificates, meet } = await serveFolder(t, dir, still)
  let isOver = false
  const coming = Array.from({ length: 2 }, async () => {
    let met = 0
    for (; !isOver; met++) (await meet()).destroy()
    return met
  })
  for (let swaps = 0; swaps < often(30); swaps++) {
    const { cert, key } = pairs[(swaps + 1) % pairs.length] as Pair
    await writeFile(join(dir, 'fullchain.pem'), cert)
    await writeFile(join(dir, 'privkey.pem'), key)
    assert.equal(await certificates.look(), 'swapped')
  }
  isOver = true
  for (const met of await Promise.all(coming)) assert.ok(met > 0)
})
