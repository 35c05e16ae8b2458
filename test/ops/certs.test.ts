import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { freePort } from '../support/free-port.ts'
import { createAuthority, dayMs, type Wish } from '../tls/authority.ts'
import { put } from '../tls/folder.ts'
import { newPlace, type Place, startServer } from './parley.ts'

const authority = await createAuthority()
const publicUrl = 'server:\n  publicUrl: https://chat.example\n'

async function status(place: Place) {
  const { code, stdout, stderr } = await place.parley(['certs', 'status', '--json'])
  assert.equal(stderr, '')
  return { code, ...JSON.parse(stdout) }
}

/** What a new connection is shown. */
const shown = (port: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), servername: 'localhost', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
      socket.destroy()
    }).on('error', reject)
  })

test('before the first start there is nothing, and that is no fault; new makes a pair for names of this machine', async (t) => {
  const place = await newPlace(t)
  const before = await status(place)
  assert.deepEqual([before.code, before.ok, before.running, before.onDisk, before.inForce], [0, true, false, null, null])
  const made = await place.parley(['certs', 'new', '--dev', '--names', 'chat.test,192.168.1.7', '--json'])
  assert.equal(made.code, 0, made.stderr)
  const { pair } = JSON.parse(made.stdout)
  assert.deepEqual(pair.names, ['localhost', 'chat.test', '127.0.0.1', '::1', '192.168.1.7'])
  assert.equal(pair.source, 'development')
  const dir = join(place.root, 'certs')
  assert.deepEqual(readdirSync(dir).sort(), ['ca.pem', 'fullchain.pem', 'privkey.pem'])
  assert.equal(statSync(join(dir, 'privkey.pem')).mode & 0o777, 0o600)
  const after = await status(place)
  assert.deepEqual([after.code, after.ok, after.onDisk.fingerprint256], [0, true, pair.fingerprint256])
  assert.equal((await place.parley(['certs', 'new'])).code, 0, 'ours may be made again')
})

test('an operator’s pair is not written over, nor is half of one', async (t) => {
  const place = await newPlace(t)
  const dir = join(place.root, 'certs')
  const pair = await authority.issue({ names: ['localhost'] })
  await put(dir, pair)
  const refused = await place.parley(['certs', 'new'])
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /Nothing was written/)
  assert.equal(readFileSync(join(dir, 'fullchain.pem'), 'utf8'), pair.cert)
  writeFileSync(join(dir, 'fullchain.pem'), '')
  assert.equal((await place.parley(['certs', 'new'])).code, 1)
  assert.equal((await place.parley(['certs', 'new', '--force'])).code, 0)
  assert.equal((await status(place)).onDisk.source, 'development')
})

test('certbot’s folder is taken over by a running server at once: a key of mode 0600, and no word of the development authority', async (t) => {
  const place = await newPlace(t, publicUrl)
  const { url, child } = await startServer(place)
  assert.equal(url, 'https://chat.example')
  const running = JSON.parse((await place.parley(['status', '--json'])).stdout)
  assert.equal(running.pid, child.pid)
  const live = join(place.root, 'live')
  const archive = join(place.root, 'archive')
  await put(archive, await authority.issue())
  await chmod(join(archive, 'privkey.pem'), 0o644)
  await mkdir(live)
  for (const name of ['fullchain.pem', 'privkey.pem']) symlinkSync(join('..', 'archive', name), join(live, name))
  const done = await place.parley(['certs', 'import', '--from', 'live'])
  assert.equal(done.code, 0, done.stderr)
  assert.match(done.stdout, /certs: for chat\.example, \d+ days left\.\nThe server holds it out to new connections\.\n/)
  assert.match(done.stderr, /everybody on this machine can read privkey\.pem/)
  const dir = join(place.root, 'certs')
  assert.deepEqual(readdirSync(dir).sort(), ['fullchain.pem', 'privkey.pem'])
  assert.equal(statSync(join(dir, 'privkey.pem')).mode & 0o777, 0o600)
  const now = await status(place)
  assert.deepEqual([now.code, now.running, now.inForce.source, now.reasons], [0, true, 'operator', []])
  assert.equal(now.inForce.fingerprint256, now.onDisk.fingerprint256)
})

test('what a server holds out, what lies in the folder, and why it is not taken', async (t) => {
  const place = await newPlace(t)
  const port = String(await freePort())
  await startServer(place, { PARLEY__SERVER__PORT: port })
  const first = await status(place)
  assert.equal(first.inForce.fingerprint256, await shown(port))
  await put(join(place.root, 'certs'), await authority.issue())
  assert.match((await place.parley(['reload'])).stdout, /The certificate in the folder is refused/, 'nobody types chat.example')
  assert.match((await status(place)).reasons.join(), /is not for localhost/)
  assert.equal(await shown(port), first.inForce.fingerprint256)
  await put(join(place.root, 'certs'), { ...(await authority.issue({ names: ['localhost'], notAfter: Date.now() - dayMs })) })
  const reloaded = await place.parley(['reload'])
  assert.match(reloaded.stdout, /The certificate in the folder is refused/)
  const later = await status(place)
  assert.deepEqual([later.code, later.ok], [1, false])
  assert.match(later.reasons.join(), /the certificate expired on/)
  assert.ok(later.onDisk.daysLeft < 0)
  assert.equal(later.inForce.fingerprint256, await shown(port))
  assert.match(
    (await place.parley(['certs', 'status'])).stdout,
    /^in force .*made for development$[\s\S]*^on disk .*\n.*\n.*it has expired$[\s\S]*^refused /m,
  )
})

const badWishes: [string, string, Wish, RegExp][] = [
  ['expired', publicUrl, { notAfter: Date.now() - dayMs }, /expired on/],
  ['for other hosts', publicUrl, { names: ['other.example'] }, /not for chat\.example, only for other\.example/],
  [
    'for other hosts than the default address',
    '',
    {},
    /not for localhost \(the host in server\.publicUrl\), only for chat\.example\nSay in/,
  ],
  ['not for the address listened on', 'server:\n  host: 192.0.2.7\n', { names: ['localhost'] }, /not for 192\.0\.2\.7, only for localhost/],
]
for (const [what, local, wish, words] of badWishes) {
  test(`import refuses a pair that is ${what}, and leaves the folder as it is`, async (t) => {
    const place = await newPlace(t, local)
    const from = join(place.root, 'new')
    await put(from, await authority.issue(wish))
    const { code, stdout, stderr } = await place.parley(['certs', 'import', '--from', from])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, words)
    assert.equal(existsSync(join(place.root, 'certs')), false)
  })
}

test('import says what is missing, and never what is in a key', async (t) => {
  const place = await newPlace(t)
  const from = join(place.root, 'new')
  const [one, other] = [await authority.issue(), await authority.issue()]
  await put(from, { cert: one.cert, key: other.key })
  const mixed = await place.parley(['certs', 'import', '--from', from])
  assert.match(mixed.stderr, /does not belong/)
  assert.ok(!mixed.stderr.includes(other.key.split('\n')[1] ?? 'x'))
  assert.match(
    (await place.parley(['certs', 'import', '--from', place.root])).stderr,
    /fullchain\.pem is missing\n- privkey\.pem is missing/,
  )
  assert.equal((await place.parley(['certs', 'import'])).code, 2)
  assert.equal((await place.parley(['certs', 'new', '--names', 'https://x:1'])).code, 2)
})
