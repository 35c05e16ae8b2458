import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { certificate } from '../support/house.ts'
import { ffuf, nmap, type Prey, sslscan, wapiti } from './scanners.ts'
import { sensitivePaths } from './sensitive-paths.ts'

/*
 * The scanners against a server that does all of it wrong. What they do not find here, their silence about Parley says nothing of.
 */

async function careless(t: TestContext): Promise<Prey> {
  const folder = mkdtempSync(join(tmpdir(), 'parley-careless-'))
  const tls = { ...certificate(), minVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0', honorCipherOrder: false } as const
  const server = createServer(tls, (request, response) => {
    const url = new URL(request.url ?? '/', 'https://localhost')
    const said = url.searchParams.get('q') ?? ''
    response.setHeader('Set-Cookie', 'session=1; Domain=localhost')
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Content-Type', 'text/html')
    if (url.pathname === '/go') return void response.writeHead(302, { Location: encodeURI(url.searchParams.get('next') ?? '/') }).end()
    if (url.pathname === '/.git/HEAD') return void response.end('ref: refs/heads/main\n')
    if (url.pathname === '/.env') return void response.end('PASSWORD=secret')
    if (url.pathname === '/find' && said.includes("'")) return void response.writeHead(500).end('[SQLITE_ERROR] unrecognized token')
    if (url.pathname !== '/' && url.pathname !== '/find') return void response.writeHead(404).end()
    response.end(`<html><body><a href="/find?q=x">find</a> <a href="/go?next=/">go</a> ${said}</body></html>`)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((closed) => server.close(closed))
    rmSync(folder, { recursive: true, force: true })
  })
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, folder }
}

test('sslscan and nmap find old versions and weak suites where they are offered', async (t) => {
  const prey = await careless(t)
  const { versions, ciphers } = await sslscan(prey)
  assert.ok(versions.includes('1.0') && versions.includes('1.1'), versions.join())
  assert.ok(
    ciphers.some((name) => /-SHA$/.test(name)),
    ciphers.join(),
  )
  assert.match((await nmap(prey, ['ssl-enum-ciphers'])).get('ssl-enum-ciphers') ?? '', /TLSv1\.0[\s\S]* - [B-F]$/m)
})

test('nmap, wapiti and ffuf find open histories, cookies without flags, injections and redirects where they are', async (t) => {
  const prey = await careless(t)
  const told = await nmap(prey, ['http-git', 'http-cookie-flags', 'http-cors', 'http-methods', 'http-headers'])
  assert.match(told.get('http-headers') ?? '', /^\s*Access-Control-Allow-Origin: \*/im)
  const found = [...(await wapiti(prey, ['find?q=x', 'go?next=/'])).keys()].join('\n')
  for (const kind of [/SQL/, /Cross Site Scripting \/find q/, /Open Redirect \/go next/, /HttpOnly/i, /Content Security Policy/])
    assert.match(found, kind)
  const leaks = await ffuf(prey, sensitivePaths)
  assert.ok(leaks.has('.git/HEAD') && leaks.has('.env'))
})
