import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Guest } from '../support/guest.ts'
import { createAuthority } from '../tls/authority.ts'
import { fingerprintOf, put } from '../tls/folder.ts'
import { newPlace, password, startServer } from './parley.ts'

/** A server whose operator edits config/local.yaml while ada is connected. */
async function adaIsThere(t: TestContext) {
  const place = await newPlace(t)
  const file = join(place.root, 'config', 'local.yaml')
  const server = await startServer(place)
  const asked = async (...args: string[]) => JSON.parse((await place.parley([...args, '--json'], { input: password })).stdout)
  await asked('account', 'add', 'ada', '--password-stdin')
  const { id: room } = await asked('room', 'add', 'Tea', '--members', 'ada')
  const { token } = await asked('token', 'issue', '--account', 'ada', '--ttl', '1h')
  const ca = readFileSync(join(place.root, 'certs', 'ca.pem'), 'utf8')
  const ada = new Guest(`${server.url.replace('https', 'wss')}/ws`, { token, ca })
  t.after(() => ada.ws.terminate())
  await ada.hears('welcome')
  const post = async (text: string) => (await ada.post(room, text)).code ?? 'ok'
  /** Until these words stand in the log so many times: its lines may come later than the answer to what they tell of. */
  async function logged(words: string, times = 1): Promise<void> {
    while (server.seen.stderr.split(words).length <= times) await once(server.child.stderr as NodeJS.ReadableStream, 'data')
  }
  return { place, server, ada, post, asked, logged, write: (yaml: string) => writeFileSync(file, yaml) }
}

test('a changed limit holds at once, on the connection that is there', async (t) => {
  const { ada, post, asked, write, logged, server } = await adaIsThere(t)
  assert.equal(await post('x'.repeat(100)), 'ok')
  write('limits:\n  textLength: 50\n')
  assert.deepEqual(await asked('reload'), { changed: ['limits.textLength'], needRestart: [], certificate: 'same' })
  assert.equal(await post('x'.repeat(100)), 'too_large')
  write('limits:\n  textLength: 200\n')
  server.child.kill('SIGHUP')
  await logged('"event":"config_reloaded"', 2)
  assert.equal(await post('x'.repeat(100)), 'ok')
  assert.equal(ada.ws.readyState, ada.ws.OPEN)
})

test('with one fault in it nothing of a new configuration holds (CFG-04)', async (t) => {
  const { place, server, post, write, logged } = await adaIsThere(t)
  write('limits:\n  textLength: 50\nserver:\n  prot: 1\n')
  const refused = await place.parley(['reload'])
  assert.deepEqual([refused.code, refused.stdout], [2, ''])
  assert.match(refused.stderr, /local\.yaml:4:3 server\.prot/)
  server.child.kill('SIGHUP')
  await logged('"event":"sys_config_refused"')
  assert.equal(await post('x'.repeat(100)), 'ok')
})

test('what needs a restart is named until it has had one, and does not hold before (CFG-04)', async (t) => {
  const { place, asked, write, logged, server } = await adaIsThere(t)
  write('server:\n  trustProxy: 1\nlimits:\n  postBurst: 21\n')
  const needRestart = ['server.trustProxy']
  assert.deepEqual(await asked('reload'), { changed: ['server.trustProxy', 'limits.postBurst'], needRestart, certificate: 'same' })
  assert.deepEqual(await asked('reload'), { changed: [], needRestart, certificate: 'same' })
  const words = await place.parley(['reload'])
  assert.equal(words.stdout, 'Nothing has changed.\nOnly after a restart: server.trustProxy\n', 'what waits is not said to have changed')
  write('limits:\n  postBurst: 21\n')
  assert.deepEqual(await asked('reload'), { changed: needRestart, needRestart: [], certificate: 'same' })

  write('data:\n  dir: elsewhere\n')
  server.child.kill('SIGHUP')
  await logged('"restart":["data.dir"]')
  write('')
  assert.equal((await asked('account', 'list')).length, 1)
  assert.equal(existsSync(join(place.root, 'elsewhere')), false)
})

test('reload looks at the certificates as well, and touches no connection', async (t) => {
  const { place, ada, asked, post } = await adaIsThere(t)
  const authority = await createAuthority()
  await put(join(place.root, 'certs'), await authority.issue({ names: ['localhost'] }))
  // The watch may have been quicker; then there is nothing left to do.
  const { changed, certificate } = await asked('reload')
  assert.deepEqual(changed, [])
  assert.match(certificate, /^(swapped|same)$/)
  const { inForce } = await asked('certs', 'status')
  assert.equal(inForce.source, 'operator')
  assert.notEqual(fingerprintOf(ada.socket as Parameters<typeof fingerprintOf>[0]), inForce.fingerprint256)
  assert.equal(await post('still here'), 'ok')
})
