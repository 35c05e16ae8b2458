import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { password } from '../ops/parley.ts'
import { certificate } from '../support/house.ts'
import { start } from './proxy.ts'
import { openStreet } from './street.ts'

type Street = Awaited<ReturnType<typeof openStreet>>

/** nginx that keeps whatever it is allowed to keep, for everybody alike: what an operator should not do, and some do. */
async function startCache(t: TestContext, { ports }: Street, more: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-cache-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { cert, key } = certificate()
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key, { mode: 0o600 })
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  writeFileSync(
    join(folder, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; error_log stderr warn; pid ${folder}/nginx.pid;
    events { worker_connections 64; }
    http { access_log off; ${places.join(' ')}
      proxy_cache_path ${folder}/kept keys_zone=kept:1m;
      server { listen 127.0.0.1:${ports.tls} ssl; ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
        location / { proxy_pass http://127.0.0.1:${ports.parley}; proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto https;
          proxy_cache kept; proxy_cache_key $request_uri; proxy_cache_methods GET HEAD; ${more} add_header X-Kept $upstream_cache_status always; } } }`,
  )
  await start(t, 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], ports.tls)
}

function visitorAt(t: TestContext, { ports, origin }: Street): Visitor {
  const visitor = new Visitor({ port: ports.tls, ca: certificate().cert, origin })
  t.after(() => visitor.close())
  return visitor
}

const theirs = [
  '/',
  '/logins',
  '/logout',
  '/api/v1/session',
  '/api/v1/rooms',
  '/api/v1/logins',
  '/api/v1/accounts?prefix=',
  '/r/abc',
  '/login',
  '/api/v1/nothing',
]

test('behind a cache that keeps all it may, bob never gets what was ada’s, nor does anybody without a login (WEB-02)', async (t) => {
  const street = await openStreet(t, { PARLEY__TLS__MODE: 'off', PARLEY__SERVER__TRUSTPROXY: '127.0.0.1' })
  await startCache(t, street, '')
  const [ada, bob, nobody] = [visitorAt(t, street), visitorAt(t, street), visitorAt(t, street)]
  assert.equal((await ada.signIn('ada', password)).status, 200)
  assert.equal((await bob.signIn('bob', password)).status, 200)
  for (let round = 0; round < 2; round += 1) {
    for (const path of theirs) {
      const answers = [await ada.get(path), await bob.get(path), await nobody.get(path)]
      for (const { headers } of answers) assert.notEqual(headers['x-kept'], 'HIT', path)
    }
    assert.equal((await bob.get('/api/v1/session')).json.account.name, 'bob')
    assert.equal((await nobody.get('/api/v1/session')).status, 401)
    assert.notEqual((await bob.get('/logout')).text, (await ada.get('/logout')).text)
  }
  const asset = /src="([^"]+\.js)"/.exec((await ada.get('/')).text)?.[1] ?? ''
  await ada.get(asset)
  const kept = await nobody.get(asset)
  assert.deepEqual(
    [kept.status, kept.headers['x-kept'], kept.headers['set-cookie']],
    [200, 'HIT', undefined],
    'what is everybody’s may be kept',
  )
})

test('a cache that keeps what it was told not to does hand out what was ada’s: this test can fail', async (t) => {
  const street = await openStreet(t, { PARLEY__TLS__MODE: 'off', PARLEY__SERVER__TRUSTPROXY: '127.0.0.1' })
  await startCache(t, street, 'proxy_ignore_headers Cache-Control Expires Set-Cookie Vary; proxy_cache_valid any 1m;')
  const [ada, bob] = [visitorAt(t, street), visitorAt(t, street)]
  assert.equal((await ada.signIn('ada', password)).status, 200)
  await ada.get('/api/v1/session')
  assert.equal((await bob.get('/api/v1/session')).json.account.name, 'ada')
})
