import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Pair } from '../../src/tls/pair-files.ts'
import { watchDirectory } from '../../src/tls/watch.ts'
import { createAuthority } from './authority.ts'
import { createHandTimers, newFolder, put, serveFolder } from './folder.ts'

const authority = await createAuthority()

test('a pair that is moved into the folder is served from then on, again and again (TLS-07)', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const { next, shown, certificates } = await serveFolder(t, dir)
  const seen = new Set([await shown()])
  for (let times = 0; times < 3; times++) {
    const swapped = next('tls_pair_swapped')
    await put(dir, await authority.issue())
    await swapped
    seen.add(await shown())
    assert.ok(seen.has(certificates.facts().fingerprint256))
  }
  assert.equal(seen.size, 4)
})

test('a secret as Kubernetes mounts it, files behind a link that is swapped, is followed more than once', async (t) => {
  const dir = await newFolder(t)
  const mount = async (version: string) => {
    await put(join(dir, version), await authority.issue())
    await symlink(version, join(dir, '..data_tmp'))
    await rename(join(dir, '..data_tmp'), join(dir, '..data'))
  }
  await mount('..2026_11_01')
  for (const name of ['fullchain.pem', 'privkey.pem']) await symlink(join('..data', name), join(dir, name))
  const { next, shown, of } = await serveFolder(t, dir)
  const seen = new Set([await shown()])
  const versions = ['..2026_11_01', '..2026_11_02', '..2026_11_03', '..2026_11_04']
  for (const [at, version] of versions.slice(1).entries()) {
    const swapped = next('tls_pair_swapped')
    await mount(version)
    await rm(join(dir, versions[at] as string), { recursive: true })
    await swapped
    seen.add(await shown())
  }
  assert.equal(seen.size, 4)
  assert.deepEqual(of('tls_pair_refused'), [])
})

test('a folder that is replaced by another one is watched on', async (t) => {
  const outer = await newFolder(t)
  const dir = join(outer, 'certs')
  await put(dir, await authority.issue())
  const { next } = await serveFolder(t, dir)
  for (const name of ['first', 'second']) {
    await put(join(outer, name), await authority.issue())
    const replaced = next('tls_pair_swapped')
    await rename(dir, join(outer, `${name}-gone`))
    await rename(join(outer, name), dir)
    await replaced
    const changed = next('tls_pair_swapped')
    await put(dir, await authority.issue())
    await changed
  }
})

test('two files that are written one after the other are one new pair, and nothing is called bad in between', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const timers = createHandTimers()
  const { certificates, next, of } = await serveFolder(t, dir, timers)
  const { cert, key } = await authority.issue()
  await writeFile(join(dir, 'fullchain.pem'), cert)
  assert.ok(timers.ring(60_000))
  await eventually(() => certificates.refusal() !== undefined)
  assert.deepEqual(of('tls_pair_refused'), [])
  await writeFile(join(dir, 'privkey.pem'), key)
  const swapped = next('tls_pair_swapped')
  assert.ok(timers.ring(2000), 'a second look is due')
  await swapped
  assert.equal(certificates.refusal(), undefined)
  assert.deepEqual(of('tls_pair_refused'), [])
})

test('a pair that stays bad is called so once, however often it is looked at', async (t) => {
  const dir = await newFolder(t)
  await put(dir, await authority.issue())
  const { certificates, next, of } = await serveFolder(t, dir)
  const refused = next('tls_pair_refused')
  await put(dir, await authority.issue({ names: ['shop.example'] }))
  assert.deepEqual((await refused).reasons, ['the certificate is not for chat.example, only for shop.example'])
  for (let times = 0; times < 3; times++) assert.equal(await certificates.look(), 'refused')
  assert.equal(of('tls_pair_refused').length, 1)
  const swapped = next('tls_pair_swapped')
  await put(dir, await authority.issue())
  await swapped
})

test('what no event told of is found in the round of every minute', async (t) => {
  const outer = await newFolder(t)
  const [dir, elsewhere] = [join(outer, 'certs'), join(outer, 'elsewhere')]
  await put(elsewhere, await authority.issue())
  await mkdir(dir)
  for (const name of ['fullchain.pem', 'privkey.pem']) await symlink(join(elsewhere, name), join(dir, name))
  const timers = createHandTimers()
  const { next, shown } = await serveFolder(t, dir, timers)
  const before = await shown()
  const { cert, key } = await authority.issue()
  await writeFile(join(elsewhere, 'fullchain.pem'), cert)
  await writeFile(join(elsewhere, 'privkey.pem'), key)
  assert.equal(await shown(), before)
  for (let rounds = 0; rounds < 2; rounds++) {
    const swapped = next('tls_pair_swapped')
    assert.ok(timers.ring(60_000))
    await swapped
    const again: Pair = await authority.issue()
    await writeFile(join(elsewhere, 'fullchain.pem'), again.cert)
    await writeFile(join(elsewhere, 'privkey.pem'), again.key)
  }
  assert.notEqual(await shown(), before)
})

test('while the folder is gone that is said once; when it is back it is watched as before', async (t) => {
  const dir = join(await newFolder(t), 'certs')
  await mkdir(dir)
  const timers = createHandTimers()
  let [stirs, blind] = [0, 0]
  const watching = watchDirectory({ dir, onStir: () => stirs++, onBlind: () => blind++, after: timers.after })
  t.after(() => watching.close())
  await rm(dir, { recursive: true })
  assert.ok(timers.ring(60_000))
  assert.ok(timers.ring(5_000), 'without a watch the rounds are shorter')
  assert.deepEqual([stirs, blind], [2, 1])
  await mkdir(dir)
  assert.ok(timers.ring(5_000))
  await writeFile(join(dir, 'something'), '')
  await eventually(() => timers.ring(200))
  assert.deepEqual([stirs, blind], [4, 1])
})

test('a burst of events costs one look, and a closed watch none', async (t) => {
  const dir = await newFolder(t)
  const timers = createHandTimers()
  let stirs = 0
  const watching = watchDirectory({ dir, onStir: () => stirs++, onBlind: () => assert.fail(), after: timers.after })
  for (let files = 0; files < 50; files++) await writeFile(join(dir, `${files}`), '')
  await eventually(() => timers.ring(200))
  assert.equal(stirs, 1)
  watching.close()
  assert.equal(timers.ring(60_000), false)
})

/** Lets the event loop turn until it holds; the runner ends a story that never gets there. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
