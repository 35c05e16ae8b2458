import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Visitor } from '../http/visitor.ts'
import { password } from '../ops/parley.ts'
import { startHaproxy, startNginx } from './proxy.ts'
import { claimed, openStreet, raw, spoof } from './street.ts'

const behind = { PARLEY__TLS__MODE: 'off', PARLEY__SERVER__TRUSTPROXY: '127.0.0.1' }
const shipped = {
  nginx: (t: TestContext, street: Street) => startNginx(t, street.ports),
  HAProxy: (t: TestContext, street: Street) => startHaproxy(t, 'haproxy.cfg', street.ports),
}
type Street = Awaited<ReturnType<typeof openStreet>>

for (const [name, start] of Object.entries(shipped)) {
  test(`behind ${name}, as its shipped file has it: ada and bob sign in and chat, each from their own address (WSH-11)`, async (t) => {
    const street = await openStreet(t, behind)
    await start(t, street)
    const ada = await street.arrives('ada', '127.0.0.2')
    const bob = await street.arrives('bob', '127.0.0.5')
    assert.match(ada.setCookies.join('\n'), /^__Host-Http-parley=[^\n]*; HttpOnly; Secure/m)
    for (const { guest } of [ada, bob]) await guest.open(street.room)
    await ada.guest.post(street.room, 'hello bob')
    await bob.guest.hearsText('hello bob')

    await street.line('authn_login_success', ({ address }) => address === '127.0.0.5')
    const addresses = street.logged('authn_login_success').map(({ address }) => address)
    assert.deepEqual(addresses, ['127.0.0.2', '127.0.0.5'])
    assert.equal(await street.knocks('127.0.0.9'), 401)
    assert.equal((await street.line('ws_refused')).address, '127.0.0.9', 'an upgrade has the same address as a request')
    const [login] = (await ada.visitor.get('/api/v1/logins')).json
    assert.deepEqual([login.address, login.connections.length], ['127.0.0.2', 1])
    assert.ok(!street.server.seen.stderr.includes(claimed), 'nobody is who they claim to be')
    await street.run('login', 'end', '--account', 'ada')
    assert.equal((await ada.guest.ended()).code, 4301)
  })

  test(`whoever comes to ${name} without TLS is sent to the address that has it, and gets no cookie (TLS-06)`, async (t) => {
    const street = await openStreet(t, behind, [])
    await start(t, street)
    const answer = await raw(street.ports.clear, `GET /login HTTP/1.1\r\nHost: localhost:${street.ports.tls}\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 308 /)
    assert.match(answer, new RegExp(`\\r\\nlocation: ${street.origin}/login\\r\\n`, 'i'))
    assert.doesNotMatch(answer, /set-cookie/i)
  })
}

test('a client that goes around the proxy has its own address, whatever it claims (TLS-06, WSH-11)', async (t) => {
  const street = await openStreet(t, behind, ['ada'])
  const { parley } = street.ports
  const body = JSON.stringify({ name: 'ada', password })
  const login = (more: string) =>
    `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nOrigin: ${street.origin}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n${more}\r\n${body}`
  const claims = Object.entries(spoof)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  assert.match(await raw(parley, login(claims), '127.0.0.3'), /^HTTP\/1\.1 200 /)
  assert.equal((await street.line('authn_login_success')).address, '127.0.0.3')

  const upgrade = `GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${claims}\r\n`
  assert.match(await raw(parley, upgrade, '127.0.0.3'), /^HTTP\/1\.1 426 /)
  assert.equal((await street.line('ws_refused')).address, '127.0.0.3')

  // A proxy that lets people in without TLS: no cookie for them, no socket either.
  const inTheClear = await raw(parley, login('X-Forwarded-Proto: http\r\n'))
  assert.match(inTheClear, /^HTTP\/1\.1 403 [\s\S]*Come over TLS/)
  assert.doesNotMatch(inTheClear, /set-cookie/i)
  assert.match(
    await raw(parley, upgrade.replace('\r\n\r\n', '\r\nX-Forwarded-Proto: http\r\n\r\n')),
    /^HTTP\/1\.1 403 [\s\S]*Come over TLS/,
  )
})

test('HAProxy passes TLS through to Parley, and the PROXY protocol brings the address; without its header nobody gets in (WSH-11)', async (t) => {
  const street = await openStreet(t, { PARLEY__SERVER__PROXYPROTOCOL: 'true' })
  await startHaproxy(t, 'haproxy-pass-through.cfg', street.ports)
  street.trust(readFileSync(join(street.place.root, 'certs/ca.pem'), 'utf8'))
  const ada = await street.arrives('ada', '127.0.0.2')
  const bob = await street.arrives('bob', '127.0.0.5')
  for (const { guest } of [ada, bob]) await guest.open(street.room)
  await bob.guest.post(street.room, 'hello ada')
  await ada.guest.hearsText('hello ada')
  await street.line('authn_login_success', ({ address }) => address === '127.0.0.5')
  assert.deepEqual(
    street.logged('authn_login_success').map(({ address }) => address),
    ['127.0.0.2', '127.0.0.5'],
  )
  assert.equal(await street.knocks('127.0.0.9'), 401)
  assert.equal((await street.line('ws_refused')).address, '127.0.0.9')
  const direct = new Visitor({ port: street.ports.parley, ca: '', origin: street.origin })
  t.after(() => direct.close())
  await assert.rejects(direct.get('/livez'))
  assert.equal((await street.line('proxy_header_refused')).why, 'header')
})

for (const mode of ['own', 'off']) {
  test(`a header of the PROXY protocol where none is expected is no request (tls.mode ${mode})`, async (t) => {
    const street = await openStreet(t, { PARLEY__TLS__MODE: mode }, [])
    const line = `PROXY TCP4 ${claimed} 127.0.0.1 1 2\r\nGET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`
    const block = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c${'\x01'.repeat(12)}GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n`
    for (const header of [line, block]) assert.doesNotMatch(await raw(street.ports.parley, header), /HTTP\/1\.1 200/)
  })
}

test('every shipped file keeps a silent socket for longer than Parley does, and buffers nothing', () => {
  const text = (name: string) => readFileSync(join(import.meta.dirname, '../../docs/proxies', name), 'utf8')
  const seconds = (name: string, form: RegExp) => [...text(name).matchAll(form)].map(([, found]) => Number(found))
  const longest = 25 * 1.2 + 15
  for (const timeout of [
    ...seconds('nginx.conf', /proxy_(?:read|send)_timeout (\d+)s;/g),
    ...seconds('haproxy.cfg', /timeout (?:client|server|tunnel) +(\d+)s/g),
    ...seconds('haproxy-pass-through.cfg', /timeout (?:client|server|tunnel) +(\d+)s/g),
  ])
    assert.ok(timeout > longest, `${timeout}`)
  assert.equal(seconds('nginx.conf', /proxy_(?:read|send)_timeout (\d+)s;/g).length, 2)
  assert.match(text('nginx.conf'), /proxy_buffering +off;[\s\S]*proxy_request_buffering +off;/)
})
