import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { whereIs } from '../setup.ts'
import { certificate } from '../support/house.ts'
import { endsWithUs } from '../support/offspring.ts'
import { isListening, rendered } from './shipped.ts'

const isRoot = process.getuid?.() === 0

/** Where a story puts proxy and Parley in place of the ports that are shipped. */
export interface Ports {
  parley: number
  ops: number
  tls: number
  clear: number
}

export async function start(t: TestContext, program: string, args: string[], port: number): Promise<void> {
  const file = whereIs(program)
  assert.ok(file, `${program} is not installed`)
  const child = endsWithUs(spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] }))
  let said = ''
  child.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  await isListening(port, child).catch((error) => assert.fail(`${program}: ${error}\n${said}`))
}

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'parley-proxy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { cert, key } = certificate()
  writeFileSync(join(folder, 'fullchain.pem'), cert)
  writeFileSync(join(folder, 'privkey.pem'), key, { mode: 0o600 })
  writeFileSync(join(folder, 'both.pem'), cert + key, { mode: 0o600 })
  return folder
}

export async function startNginx(t: TestContext, { parley, tls, clear }: Ports): Promise<void> {
  const folder = newFolder(t)
  const site = rendered('nginx.conf', [
    [/^ {2}listen \[::\]:.*\n/gm, ''],
    [/listen 443 ssl;/g, `listen 127.0.0.1:${tls} ssl;`],
    [/listen 80;/g, `listen 127.0.0.1:${clear};`],
    ['server 127.0.0.1:8443;', `server 127.0.0.1:${parley};`],
    ['/etc/letsencrypt/live/chat.example.org', folder],
    ['https://chat.example.org$request_uri', `https://localhost:${tls}$request_uri`],
    ['server_name chat.example.org;', 'server_name localhost;'],
  ])
  writeFileSync(join(folder, 'parley.conf'), site)
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`)
  const main = [
    ...(isRoot ? ['user root;'] : []),
    'daemon off; worker_processes 1; error_log stderr warn;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 256; }',
    `http { access_log off; ${places.join(' ')} include ${folder}/parley.conf; }`,
  ]
  writeFileSync(join(folder, 'nginx.conf'), main.join('\n'))
  await start(t, 'nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], tls)
}

export async function startHaproxy(t: TestContext, name: string, { parley, ops, tls, clear }: Ports): Promise<void> {
  const folder = newFolder(t)
  const passes = name.includes('pass-through')
  const config = rendered(name, [
    // Giving up rights needs root, and the folder of a test is its owner's alone.
    [/^ {2}(user|group) haproxy\n/gm, ''],
    [/^ {2}maxconn 50000$/gm, '  maxconn 100'],
    ['127.0.0.1:8443', `127.0.0.1:${parley}`],
    [/bind :::443 v4v6/g, `bind 127.0.0.1:${tls}`],
    ...(passes ? ([['port 9464', `port ${ops}`]] as [string, string][]) : []),
    ...(passes ? [] : ([['bind :::80 v4v6', `bind 127.0.0.1:${clear}`]] as [string, string][])),
    ...(passes ? [] : ([['/etc/haproxy/chat.example.org.pem', join(folder, 'both.pem')]] as [string, string][])),
  ])
  const file = join(folder, 'haproxy.cfg')
  writeFileSync(file, config)
  await start(t, 'haproxy', ['-db', '-f', file], tls)
}
