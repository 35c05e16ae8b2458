import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { WebSocket } from 'ws'
import { type Client, connect } from '../../src/sdk/client.ts'
import { inState, showing, texts } from '../sdk/listening.ts'
import { freePort } from '../support/free-port.ts'
import { newPlace, type Place, startServer } from './parley.ts'

/** A client as a bot has it, with a token of the command line. */
async function bot(t: TestContext, place: Place, url: string, token: string): Promise<Client> {
  const ca = readFileSync(join(place.root, 'certs', 'ca.pem'))
  const client = connect({
    url: url.replace('https', 'wss').concat('/ws'),
    credential: async () => ({ bearer: token }),
    connect: (address, protocols, headers) => new WebSocket(address, protocols, { headers, ca }),
  })
  t.after(() => client.close())
  return client
}

async function teaHouse(t: TestContext) {
  const place = await newPlace(t)
  const more = { PARLEY__SERVER__PORT: `${await freePort()}`, PARLEY__LIMITS__POSTSPERSECOND: '5000', PARLEY__LIMITS__POSTBURST: '5000' }
  const server = await startServer(place, more)
  const told = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.parley([...args, '--json'], { env: more })
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout)
  }
  for (const name of ['ada', 'bob']) await told('account', 'add', name, '--no-password')
  const tea: string = (await told('room', 'add', 'Tea', '--members', 'ada,bob')).id
  const token = async (account: string): Promise<string> => (await told('token', 'issue', '--account', account)).token
  return { place, more, server, told, tea, token }
}

test('a backup in the middle of the talk holds all that was acknowledged before it, and nothing ended comes back with it (CFG-11)', async (t) => {
  const { place, more, server, told, tea, token } = await teaHouse(t)
  const [hers, his] = [await token('ada'), await token('bob')]
  const ada = await bot(t, place, server.url, hers)
  const bob = await bot(t, place, server.url, his)
  await Promise.all([ada, bob].map((client) => inState(client, 'live')))
  await ada.open(tea)
  await bob.open(tea)

  const acknowledged: string[] = []
  let talking = true
  const talk = (async () => {
    for (let i = 1; talking; i++) {
      await ada.post(tea, `cup ${i}`)
      acknowledged.push(`cup ${i}`)
    }
  })()
  await showing(bob, tea, ({ messages }) => messages.length >= 40)
  const before = acknowledged.length
  const file = join(place.root, 'safe.db')
  const made = await told('backup', file)
  await showing(bob, tea, ({ messages }) => messages.length > before + 10)
  talking = false
  await talk
  const after = await ada.post(tea, 'said after the backup')
  assert.ok(made.messages >= before, `${made.messages} of ${before}`)
  assert.ok(made.messages < acknowledged.length + 1)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(existsSync(`${file}.key`), false)

  const spare = await token('ada')
  await told('login', 'end', '--account', 'bob')
  await inState(bob, 'stopped')
  const refused = await place.parley(['restore', file])
  assert.deepEqual([refused.code, refused.stderr], [1, 'A server is running on this store. Stop it first: parley drain\n'])
  await told('drain')
  const known = ada.timeline(tea)
  assert.equal(known?.last, after.seq)
  const restored = await told('restore', file)
  assert.deepEqual([restored.messages, restored.logins, restored.holding], [made.messages, 'carried', 1])
  assert.notEqual(restored.store, made.store)
  assert.ok(existsSync(restored.kept))

  const again = await startServer(place, more)
  assert.equal((await told('status')).store, restored.store)
  ada.retryNow()
  await inState(ada, 'live')
  const now = await showing(ada, tea, ({ last }) => last < after.seq)
  const held = texts(now)
  assert.deepEqual(held, acknowledged.slice(0, made.messages).slice(-held.length), 'what ada sees is not the beginning of what she said')
  assert.ok(!held.includes('said after the backup'))
  // The number that is free again goes to another message, and she gets that one.
  await ada.post(tea, 'said after the restore')
  await showing(ada, tea, (timeline) => texts(timeline).at(-1) === 'said after the restore')

  const ca = readFileSync(join(place.root, 'certs', 'ca.pem'))
  for (const ended of [his, spare]) {
    const refused = new WebSocket(`${again.url.replace('https', 'wss')}/ws`, ['parley.v1'], {
      ca,
      headers: { authorization: `Bearer ${ended}` },
    })
    const [, response] = await once(
      refused.on('error', () => undefined),
      'unexpected-response',
    )
    assert.equal(response.statusCode, 401)
    response.resume()
  }
  assert.equal((await told('login', 'list')).length, 1)
})

test('a backup needs no server, says what it does, and takes the place of nothing', async (t) => {
  const place = await newPlace(t)
  const { parley, root, data } = place
  await parley(['account', 'add', 'ada', '--no-password'])
  const file = join(root, 'safe.db')
  const made = await parley(['backup', 'safe.db', '--with-key'])
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /safe\.db: 0 messages, 1 account, 0\.\d MiB, whole\.\n/)
  assert.equal(made.stderr, `The master key is in ${file}.key: keep it apart from the backup.\n`)
  assert.equal(statSync(`${file}.key`).mode & 0o777, 0o600)
  assert.equal(readFileSync(`${file}.key`, 'utf8'), readFileSync(join(data, 'master.key'), 'utf8'))

  const says = async (words: RegExp, ...args: string[]) => {
    const left = await parley(args)
    assert.equal(left.code, 1)
    assert.match(left.stderr, words)
  }
  await says(/is there already\. Take another name, or replace it with --force/, 'backup', 'safe.db')
  await says(/is what Parley works with/, 'backup', join(data, 'parley.db'), '--force')
  await says(/is what Parley works with/, 'backup', join(data, 'master.key'), '--force')
  await says(/There is no folder .*nowhere/, 'backup', 'nowhere/safe.db')
  await says(/is there already, and is no file/, 'backup', root, '--force')
  assert.equal((await parley(['backup', 'safe.db', '--force'])).code, 0)
})
