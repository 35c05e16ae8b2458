import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { newPlace, startServer, textOf } from '../ops/parley.ts'
import { freePort } from '../support/free-port.ts'
import { createAuthority } from '../tls/authority.ts'
import { put } from '../tls/folder.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/operating.md'), 'utf8')

/** The commands that are marked as such, each with the heading above it. */
const fences = [...page.matchAll(/^## (.+)$|^```sh run\n([\s\S]*?)^```$/gm)].reduce<{
  heading: string
  found: { heading: string; script: string }[]
}>(
  ({ heading, found }, [, title, script]) =>
    title !== undefined ? { heading: title, found } : { heading, found: [...found, { heading, script: script ?? '' }] },
  { heading: '', found: [] },
).found

test('the commands of the operating page do what they are said to do, from the first account to the last file', async (t) => {
  const place = await newPlace(t)
  const ports = { PARLEY__SERVER__PORT: `${await freePort()}`, PARLEY__OPS__PORT: `${await freePort()}` }
  const live = join(place.root, 'letsencrypt')
  await put(live, await (await createAuthority()).issue({ names: ['localhost'] }))
  const { ended } = await startServer(place, ports)
  const node = `${process.execPath} ${join(root, 'src/main.ts')}`
  const said = new Map<string, string>()
  for (const { heading, script } of fences) {
    const real = script
      .replaceAll('127.0.0.1:9464', `127.0.0.1:${ports.PARLEY__OPS__PORT}`)
      .replaceAll('localhost:8443', `localhost:${ports.PARLEY__SERVER__PORT}`)
      .replaceAll('/srv/parley', root)
      .replaceAll('/usr/bin/node', process.execPath)
    const env = { ...place.env, ...ports, RENEWED_LINEAGE: live }
    const child = spawn('bash', ['-euo', 'pipefail', '-c', `parley() { ${node} "$@"; }\n${real}`], {
      env,
      cwd: place.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
    const [code] = await once(child, 'exit')
    assert.equal(code, 0, `${heading}:\n${script}\n${await stdout}${await stderr}`)
    said.set(heading, (said.get(heading) ?? '') + (await stdout))
    if (heading === 'Lock down') assert.ok(existsSync(join(place.data, 'parley.db')))
  }
  const says = (heading: string, words: RegExp) => assert.match(said.get(heading) ?? '', words, heading)
  says('Start', /^state +ready$[\s\S]*"ok":true[\s\S]*"ok":true/m)
  says('The first account', /\/invite\/\S+/)
  says('Configure', /^login\.idle +1h +local\.yaml:2$[\s\S]*^Changed: login\.idle$/m)
  says('Certificates', /parley\.test, [\s\S]*The server holds it out to new connections/)
  assert.deepEqual(await ended, [0, null])
  assert.deepEqual(readdirSync(place.root).sort(), ['certs', 'config', 'letsencrypt'])
  assert.deepEqual([readdirSync(join(place.root, 'certs')), readdirSync(join(place.root, 'config'))], [[], []])
})

test('every file that the page leads to is there', () => {
  const targets = [...page.matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)].map(([, target]) => target ?? '')
  assert.ok(targets.length > 10)
  for (const target of targets) assert.ok(existsSync(join(root, 'docs', target)), target)
})

test('every example of config/local.yaml on the page, and in the head of a shipped proxy file, is one that Parley takes', async (t) => {
  const { parley, root: folder } = await newPlace(t)
  const onPage = [...page.matchAll(/^```yaml\n(server:[\s\S]*?)^```$/gm)].map(([, yaml]) => yaml ?? '')
  const inHeads = ['nginx.conf', 'haproxy.cfg', 'haproxy-pass-through.cfg', 'haproxy-nodes.cfg'].map((name) =>
    readFileSync(join(root, 'docs/proxies', name), 'utf8')
      .split('\n')
      .flatMap((line) => /^# {3}((?:server|tls|store|bus): \{.*)$/.exec(line)?.[1] ?? [])
      .join('\n'),
  )
  assert.equal(onPage.length + inHeads.length, 7)
  for (const yaml of [...onPage, ...inHeads]) {
    writeFileSync(join(folder, 'config/local.yaml'), yaml)
    chmodSync(join(folder, 'config/local.yaml'), 0o600)
    const checked = await parley(['config', 'check'], { env: { PARLEY__SERVER__PORT: '8443', PARLEY__OPS__PORT: '9464' } })
    assert.deepEqual(checked, { code: 0, stdout: 'The configuration is good.\n', stderr: '' }, yaml)
  }
})
