import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { readConfig } from '../../src/config.ts'
import { examining, restoring } from '../../src/house.ts'
import { type Diagnosis, diagnose } from '../../src/ops/doctor/doctor.ts'
import { realInstruments } from '../../src/ops/doctor/instruments.ts'
import type { Pair } from '../../src/tls/pair-files.ts'
import { newPlace, startServer } from '../ops/parley.ts'
import { freePort } from '../support/free-port.ts'
import { createAuthority, dayMs } from '../tls/authority.ts'
import { start } from './proxy.ts'

/** Parley behind whatever stands at `front`, for all stories here; nothing of it depends on who that is. */
const house = {
  env: {} as Record<string, string>,
  root: '',
  parley: 0,
  front: 0,
  authority: {} as Awaited<ReturnType<typeof createAuthority>>,
  good: {} as Pair,
}
const ends: (() => unknown)[] = []
/** What a test would give, for things that outlive one. */
const whole = { after: (end: () => unknown) => void ends.push(end) } as TestContext

before(async () => {
  house.front = await freePort()
  house.parley = await freePort()
  house.authority = await createAuthority()
  house.good = await house.authority.issue({ names: ['localhost'] })
  house.env = {
    PARLEY__SERVER__PORT: `${house.parley}`,
    PARLEY__OPS__PORT: '0',
    PARLEY__SERVER__PUBLICURL: `https://localhost:${house.front}`,
    PARLEY__SERVER__TRUSTPROXY: '1',
    PARLEY__TLS__MODE: 'off',
    PARLEY__LIMITS__SIGNINSPERMINUTEPERADDRESS: '1000',
  }
  const place = await newPlace(whole)
  house.root = place.root
  await startServer(place, house.env)
  const made = await place.parley(['account', 'add', 'ada', '--no-password'], { env: house.env })
  assert.equal(made.code, 0, made.stderr)
})
after(async () => {
  for (const end of ends.reverse()) await end()
})

const look = (idle = 0): Promise<Diagnosis> =>
  diagnose({
    root: house.root,
    read: () => readConfig(house),
    idle,
    instruments: { ...realInstruments, opens: restoring.opens, postgres: examining.postgres },
  })

/** What is wrong, by id; the certificate of the tests is nobody's to trust, and the machine of the tests may be small. */
function wrong({ findings }: Diagnosis): string[] {
  const here = ['D-CERT-TRUST', 'D-ULIMIT', 'D-DISK', 'D-NODE']
  return [...new Set(findings.filter(({ id, level }) => level !== 'ok' && !here.includes(id)).map(({ id, level }) => `${id} ${level}`))]
}
const told = ({ findings }: Diagnosis, id: string) => findings.find((one) => one.id === id && one.level !== 'ok')

function folder(t: TestContext, { cert, key }: Pair): string {
  const made = mkdtempSync(join(tmpdir(), 'parley-front-'))
  t.after(() => rmSync(made, { recursive: true, force: true }))
  writeFileSync(join(made, 'both.pem'), cert + key, { mode: 0o600 })
  return made
}

const passes = {
  http: 'proxy_http_version 1.1;',
  upgrade: 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;',
  host: 'proxy_set_header Host $http_host;',
  forwarded: 'proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto https;',
}

/** nginx as it should be, but for what a story changes. */
async function nginx(
  t: TestContext,
  { more = '', pair = house.good, ...changed }: Partial<typeof passes> & { more?: string; pair?: Pair } = {},
) {
  const dir = folder(t, pair)
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${dir}/${name};`).join(' ')
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; worker_processes 1; error_log stderr crit; pid ${dir}/pid; events {}
    http { access_log off; ${places} server {
      listen 127.0.0.1:${house.front} ssl; server_name _; ssl_certificate ${dir}/both.pem; ssl_certificate_key ${dir}/both.pem;
      location / { proxy_pass http://127.0.0.1:${house.parley}; ${Object.values({ ...passes, ...changed }).join(' ')} ${more} } } }`,
  )
  await start(t, 'nginx', ['-p', dir, '-e', 'stderr', '-c', join(dir, 'nginx.conf')], house.front)
}

async function haproxy(t: TestContext, ...lines: string[]) {
  const dir = folder(t, house.good)
  writeFileSync(
    join(dir, 'haproxy.cfg'),
    `global\n  maxconn 100\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 75s\n  timeout server 75s\n  timeout tunnel 1h
frontend people\n  bind 127.0.0.1:${house.front} ssl crt ${dir}/both.pem\n  http-request set-header X-Forwarded-For %[src]\n  http-request set-header X-Forwarded-Proto https
${lines.map((line) => `  ${line}\n`).join('')}  default_backend parley\nbackend parley\n  server one 127.0.0.1:${house.parley}\n`,
  )
  await start(t, 'haproxy', ['-db', '-f', join(dir, 'haproxy.cfg')], house.front)
}

test('behind an nginx and an HAProxy that do right, nothing is wrong, and nothing is left behind', async (t) => {
  await t.test('nginx', async (t) => {
    await nginx(t)
    const found = await look()
    assert.deepEqual(wrong(found), [])
    assert.deepEqual([found.proxy, found.server, found.skipped], ['nginx', 'running', []])
    assert.match(found.findings.find(({ id }) => id === 'D-PROXY-TRUST')?.cause ?? '', /sees the address of the client/)
  })
  await t.test('HAProxy', async (t) => {
    await haproxy(t)
    const found = await look(1)
    assert.deepEqual(wrong(found), [])
    assert.deepEqual([found.proxy, found.skipped], ['haproxy', []])
    assert.match(found.findings.find(({ id }) => id === 'D-WS-IDLE')?.cause ?? '', /still open after 1 s/)
  })
  const place = await newPlace(t)
  const { stdout } = await place.parley(['account', 'list', '--json'], { env: { ...house.env, PARLEY_ROOT: house.root } })
  assert.deepEqual(
    JSON.parse(stdout).map(({ name }: { name: string }) => name),
    ['ada'],
  )
})

test('nginx that drops the upgrade is told which lines it lacks', async (t) => {
  await nginx(t, { upgrade: '' })
  const found = await look()
  assert.ok(wrong(found).includes('D-WS-UPGRADE error'))
  assert.match(told(found, 'D-WS-UPGRADE')?.cause ?? '', /no upgrade: the headers Upgrade and Connection are lost/)
  assert.match(told(found, 'D-WS-UPGRADE')?.fix ?? '', /proxy_set_header Upgrade \$http_upgrade;\n.*proxy_set_header Connection/)
})

test('nginx that passes on another Host: an unknown one stops everything, its own one hides foreign names', async (t) => {
  await t.test('unknown', async (t) => {
    await nginx(t, { host: 'proxy_set_header Host backend;' })
    const found = await look()
    assert.deepEqual(wrong(found), ['D-HOST error'], 'what lies behind a door that is not ours says nothing')
    assert.ok(found.skipped.some(({ id }) => id === 'D-COOKIE'))
    const finding = told(found, 'D-HOST')
    assert.equal(finding?.level, 'error')
    assert.match(finding?.cause ?? '', /another Host than localhost:\d+/)
    assert.match(finding?.fix ?? '', /proxy_set_header Host \$http_host;/)
  })
  await t.test('its own', async (t) => {
    await nginx(t, { host: '' })
    assert.equal(told(await look(), 'D-HOST')?.level, 'warning')
  })
})

test('HAProxy that strips Origin keeps our page out; one that rewrites it lets every page in', async (t) => {
  await t.test('strips', async (t) => {
    await haproxy(t, 'http-request del-header Origin if { path /ws }')
    const found = await look()
    assert.deepEqual(wrong(found), ['D-WS-ORIGIN-OWN error'])
    assert.match(told(found, 'D-WS-ORIGIN-OWN')?.cause ?? '', /the Origin header is lost/)
    assert.match(told(found, 'D-WS-ORIGIN-OWN')?.fix ?? '', /http-request del-header Origin/)
  })
  await t.test('rewrites', async (t) => {
    await haproxy(t, `http-request set-header Origin https://localhost:${house.front}`)
    const found = await look()
    assert.ok(wrong(found).includes('D-WS-ORIGIN-FOREIGN error'))
    assert.match(told(found, 'D-WS-ORIGIN-FOREIGN')?.cause ?? '', /A foreign page gets in/)
  })
  await t.test('rewrites to another', async (t) => {
    await haproxy(t, 'http-request set-header Origin http://backend if { path /ws }')
    assert.match(told(await look(), 'D-WS-ORIGIN-OWN')?.cause ?? '', /another Origin arrives/)
  })
})

test('nginx that rewrites the cookie, and HAProxy that drops it', async (t) => {
  await t.test('path and Secure', async (t) => {
    await nginx(t, { more: 'proxy_cookie_path / /chat; proxy_cookie_flags ~ nosecure;' })
    const finding = told(await look(), 'D-COOKIE')
    assert.match(finding?.cause ?? '', /without secure, path=\/: browsers throw it away/)
    assert.match(finding?.fix ?? '', /proxy_cookie_path/)
  })
  await t.test('dropped', async (t) => {
    await haproxy(t, 'http-response del-header Set-Cookie')
    assert.match(told(await look(), 'D-COOKIE')?.cause ?? '', /lost or renamed/)
  })
})

test('nginx that cuts a silent socket after two seconds is found out by holding one', async (t) => {
  await nginx(t, { more: 'proxy_read_timeout 2s;' })
  const finding = told(await look(6), 'D-WS-IDLE')
  assert.match(finding?.cause ?? '', /cut after \d\.\d s/)
  assert.match(finding?.fix ?? '', /proxy_read_timeout 75s;/)
})

test('nginx that hands on a claimed address, and one that says none', async (t) => {
  await t.test('claimed', async (t) => {
    await nginx(t, { forwarded: 'proxy_set_header X-Forwarded-For $http_x_forwarded_for;' })
    const finding = told(await look(), 'D-PROXY-TRUST')
    assert.equal(finding?.level, 'error')
    assert.match(finding?.cause ?? '', /Anybody can claim any address/)
  })
  await t.test('none', async (t) => {
    await nginx(t, { forwarded: 'proxy_set_header X-Forwarded-For "";' })
    assert.match(told(await look(), 'D-PROXY-TRUST')?.cause ?? '', /Everybody comes from 127\.0\.0\.1/)
  })
})

test('nginx that takes only small bodies and hides the headers that protect the page', async (t) => {
  await nginx(t, { more: 'client_max_body_size 1k; proxy_hide_header Content-Security-Policy;' })
  const found = await look()
  assert.match(told(found, 'D-BODY')?.cause ?? '', /answered with 413 on the way/)
  assert.match(told(found, 'D-BODY')?.fix ?? '', /client_max_body_size/)
  assert.match(told(found, 'D-HEADERS')?.cause ?? '', /without Content-Security-Policy/)
})

test('a proxy whose certificate has expired, or is for somebody else', async (t) => {
  await nginx(t, {
    pair: await house.authority.issue({ names: ['mail.example'], notBefore: Date.now() - 9 * dayMs, notAfter: Date.now() - dayMs }),
  })
  const found = await look()
  assert.match(told(found, 'D-CERT-SOON')?.cause ?? '', /of the proxy expired on/)
  assert.match(told(found, 'D-CERT-NAME')?.cause ?? '', /is not for localhost/)
})

test('a front that takes the connection and then says nothing does not hold up anybody', async (t) => {
  const sockets = new Set<Socket>()
  const mute = createServer((socket) => void sockets.add(socket.on('error', () => undefined))).listen(house.front, '127.0.0.1')
  await once(mute, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    mute.close()
  })
  assert.match(told(await look(), 'D-HOST')?.cause ?? '', /Nobody answers at .*no answer within 5 s/)
})

test('where nobody listens, that is said and the rest is left out', async () => {
  const found = await look()
  assert.match(
    told(found, 'D-HOST')?.cause ?? '',
    /Nobody answers at https:\/\/localhost:\d+ on this machine \(127\.0\.0\.1, ECONNREFUSED\)/,
  )
  assert.ok(found.skipped.some(({ id }) => id === 'D-WS-UPGRADE'))
})
