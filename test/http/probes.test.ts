import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RawClient } from '../gateway/raw.ts'
import { certificate, startHouse, type TestHouse } from '../support/house.ts'
import { Visitor } from './visitor.ts'

let house: TestHouse
let eve: Visitor
before(async () => {
  house = await startHouse({ settings: { PARLEY__LIMITS__HTTPREQUESTSPERSECONDPERADDRESS: '5000' } })
  eve = new Visitor({ port: house.service.port, ca: certificate().cert, origin: house.url })
})
after(() => {
  eve.close()
  return house.close()
})

/** What people look for who look for what was left lying about. */
const leftovers =
  `.env .env.local .git/HEAD .git/config .gitignore .npmrc .svn/entries .hg/hgrc .DS_Store .htaccess .htpasswd .ssh/id_rsa .aws/credentials
  .vscode/settings.json .well-known/security.txt package.json package-lock.json tsconfig.json node_modules/ws/package.json README.md CHANGELOG.md
  config/default.yaml config/local.yaml certs/privkey.pem certs/ca.pem data/parley.db data/master.key data/parley.sock parley.db parley.db-wal master.key
  src/main.ts src/web/main.tsx main.tsx vite.config.ts test/run.ts docs/security.md server-status server-info phpinfo.php wp-login.php wp-admin/
  admin admin/ actuator/env actuator/health debug debug/pprof metrics console trace swagger.json openapi.json graphql api api/ api/v1 api/v1/ api/v2/session
  api/v1/admin api/v1/users api/v1/config backup.zip dump.sql core index.html index.php robots.txt sitemap.xml crossdomain.xml clientaccesspolicy.xml
  assets assets/ assets/.vite/manifest.json .vite/manifest.json assets/index.js.map socket.io/ sockjs/info ws/ WS Login LOGIN login/ /login //login livez/`.split(
    /\s+/,
  )

test(`${leftovers.length} places where something is often left lying have nothing (HTTP-06, HTTP-10)`, async () => {
  for (const path of leftovers) {
    const { status, text, headers } = await eve.get(`/${path}`)
    assert.ok(status === 404 || status === 400, `/${path}: ${status}`)
    assert.doesNotMatch(`${text}${JSON.stringify(headers)}`, /express|node\.js|nginx|\bat \S+ \(|node_modules|\/src\//i, path)
  }
})

/** A way out of the folder, in every spelling that somebody somewhere took for a path. */
const ways = [
  '..',
  '%2e%2e',
  '%2E%2E',
  '.%2e',
  '%2e.',
  '..;',
  '..%00',
  '%252e%252e',
  '%c0%ae%c0%ae',
  '%uff0e%uff0e',
  '....',
  '..\\',
  '..%5c',
  '%2e%2e%5c',
]
const targets = ['index.html', 'vite.config.ts', '../../package.json', 'etc/passwd', 'data/master.key']
const slashes = ['/', '%2f', '%5c', '//', '/./', '%252f']

test(`${ways.length * targets.length * slashes.length} ways out of the folder lead nowhere (HTTP-09)`, async () => {
  const client = async (path: string) => {
    const raw = await RawClient.dial(house.service.port)
    const answer = await raw.say(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`).answer()
    raw.socket.destroy()
    return answer
  }
  const paths = ways.flatMap((way) =>
    slashes.flatMap((slash) => targets.map((file) => `/assets${slash}${way}${slash}${way}${slash}${file}`)),
  )
  for (let at = 0; at < paths.length; at += 20) {
    await Promise.all(
      paths.slice(at, at + 20).map(async (path) => {
        const { status, body } = await client(path)
        assert.ok([400, 403, 404].includes(status), `${path}: ${status}`)
        assert.doesNotMatch(body, /root:|"dependencies"|<div id="page">|defineConfig/, path)
      }),
    )
  }
})

test('a page of one’s own with the name of a file behind it is no file, and nobody keeps it (HTTP-09, WEB-02)', async () => {
  for (const path of [
    '/logins/x.css',
    '/logins/photo.png',
    '/r/abc/1.js',
    '/api/v1/session/x.css',
    '/api/v1/session.css',
    '/api/v1/session%2fx.css',
    '/logins;x.css',
    '/logins%0ax.css',
    '/api/v1/session/..%2fassets%2fx.js',
  ]) {
    const { status, headers, text } = await eve.get(path)
    assert.ok([303, 400, 404].includes(status), `${path}: ${status}`)
    assert.equal(headers['cache-control'], 'no-store', path)
    assert.doesNotMatch(text, /<div id="page">|"csrf"/)
  }
})

test('headers by the names of what every object has end nothing (HTTP-07)', async () => {
  for (const name of ['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', '__defineGetter__', 'valueOf']) {
    const client = await RawClient.dial(house.service.port)
    for (const value of ['x', '{"isAdmin":true}', '']) {
      const { status } = await client.say(`GET /livez HTTP/1.1\r\nHost: localhost\r\n${name}: ${value}\r\n${name}: again\r\n\r\n`).answer()
      assert.equal(status, 200, name)
    }
    const upgrade = `GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${name}: x\r\n\r\n`
    assert.equal((await client.say(upgrade).answer()).status, 426)
    client.socket.destroy()
  }
  assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
})

test('methods that nobody asks for are refused, and TRACE shows nobody what a proxy added (HTTP-06)', async () => {
  for (const method of ['TRACE', 'TRACK', 'DEBUG', 'CONNECT', 'PUT', 'PATCH', 'MKCOL', 'COPY', 'LOCK', 'SEARCH', 'PURGE', 'QUERY', 'FOO']) {
    for (const path of ['/', '/login', '/api/v1/session', '/livez', '/nothing', '*']) {
      const client = await RawClient.dial(house.service.port)
      const answer = await client
        .say(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nX-Secret: hunter2\r\nConnection: close\r\n\r\n`)
        .answer()
      client.socket.destroy()
      assert.ok([0, 400, 404, 405].includes(answer.status), `${method} ${path}: ${answer.status}`)
      assert.ok(!answer.body.includes('hunter2'))
    }
  }
})
