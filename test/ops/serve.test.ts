import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { get, request } from 'node:https'
import { join } from 'node:path'
import { test } from 'node:test'
import { WebSocket } from 'ws'
import { newPlace, type Place, password, startServer } from './parley.ts'

const asJson = async (place: Place, args: string[], input = '') => {
  const left = await place.parley([...args, '--json'], { input })
  assert.equal(left.code, 0, left.stderr)
  return JSON.parse(left.stdout)
}

async function statusOf(url: string): Promise<number | undefined> {
  const asked = get(url, { rejectUnauthorized: false, agent: false })
  const [answer] = await once(asked, 'response')
  answer.resume()
  return answer.statusCode
}

test('the first start: an address, a link for the first account that only its owner can read, and no trace of it elsewhere', async (t) => {
  const place = await newPlace(t)
  const { child, url, seen, ended } = await startServer(place)
  assert.equal(await statusOf(`${url}/readyz`), 200)
  const file = join(place.data, 'setup-link')
  const link = readFileSync(file, 'utf8').trim()
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(join(place.data, 'parley.sock')).mode & 0o777, 0o600)
  assert.ok(link.startsWith(`${url}/setup#`))
  assert.match(seen.stderr, /No account exists yet\. The link .* is in .*setup-link/)
  child.kill('SIGTERM')
  assert.deepEqual(await ended, [0, null])
  assert.equal(seen.stdout, `ready ${url}\n`)
  assert.ok(!seen.stderr.includes(link.split('#')[1] ?? ''))
  for (const name of ['parley.sock', 'parley.pid', 'setup-link']) assert.equal(existsSync(join(place.data, name)), false, name)
})

test('commands reach the running server: ending a login closes its socket before the command returns', async (t) => {
  const place = await newPlace(t)
  const { child, url, ended } = await startServer(place)
  await asJson(place, ['account', 'add', 'ada', '--role', 'admin', '--password-stdin'], password)
  const { token } = await asJson(place, ['token', 'issue', '--account', 'ada', '--ttl', '1h'])
  const socket = new WebSocket(`${url.replace('https', 'wss')}/ws`, 'parley.v1', {
    headers: { Authorization: `Bearer ${token}` },
    rejectUnauthorized: false,
  })
  t.after(() => socket.terminate())
  const [welcome] = await once(socket, 'message')
  const { connection, node } = JSON.parse(String(welcome))
  const [login] = await asJson(place, ['login', 'list', '--account', 'ada'])
  assert.deepEqual(
    login.connections.map((one: { id: string; node: string }) => [one.id, one.node]),
    [[connection, node]],
  )
  const status = await asJson(place, ['status'])
  assert.deepEqual([status.url, status.pid, status.node, status.connections, status.accounts], [url, child.pid, node, 1, 1])

  const closed = once(socket, 'close')
  assert.deepEqual(await asJson(place, ['login', 'end', '--account', 'ada', '--all']), { logins: 1, connections: 1, unconfirmed: 0 })
  assert.equal((await closed)[0], 4301)

  const drained = await asJson(place, ['drain'])
  assert.deepEqual(drained, { draining: true, connections: 0 })
  assert.deepEqual(await ended, [0, null])
  assert.equal((await place.parley(['status'])).code, 1)
})

test('whoever follows an invitation of the operator is in the room it names', async (t) => {
  const place = await newPlace(t)
  const { url } = await startServer(place)
  const { id } = await asJson(place, ['room', 'add', 'Tea', '--private'])
  const made = await asJson(place, ['invite', '--room', 'tea'])
  assert.ok(made.url.startsWith(`${url}/invite/`))
  const form = new URLSearchParams({ name: 'bob', display: '', password }).toString()
  const posted = request(made.url, {
    method: 'POST',
    rejectUnauthorized: false,
    agent: false,
    headers: { Origin: url, 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  posted.end(form)
  const [answer] = await once(posted, 'response')
  answer.resume()
  assert.equal(answer.statusCode, 303)
  const [room] = await asJson(place, ['room', 'list'])
  assert.deepEqual([room.id, room.members], [id, 1])
})

test('a second server is refused with the pid of the first, and after kill -9 the next one starts', async (t) => {
  const place = await newPlace(t)
  const first = await startServer(place)
  const second = await place.parley(['serve'])
  assert.equal(second.code, 1)
  assert.equal(second.stdout, '')
  assert.match(second.stderr, new RegExp(`belongs to the process with pid ${first.child.pid}\\.`))
  first.child.kill('SIGKILL')
  await first.ended
  // Its socket, pid and lock files are still there.
  assert.deepEqual(await asJson(place, ['room', 'list']), [])
  const third = await startServer(place)
  assert.equal((await asJson(place, ['status'])).pid, third.child.pid)
})

for (const [what, fault] of [
  ['a promise', "Promise.reject(new Error('who threw this?'))"],
  ['a callback', "(() => { throw new Error('who threw this?') })()"],
] as const) {
  test(`what nobody caught, in ${what}, ends the process, is written down, and costs nothing that was said to be done (LOG-08)`, async (t) => {
    const place = await newPlace(t)
    const preload = `data:text/javascript,process.on('SIGUSR2', () => ${encodeURIComponent(fault)})`
    const { child, seen, ended } = await startServer(place, { NODE_OPTIONS: `--import="${preload}"` })
    await asJson(place, ['room', 'add', 'Tea'])
    child.kill('SIGUSR2')
    assert.deepEqual(await ended, [1, null])
    assert.match(seen.stderr, /"level":"fatal".*"event":"sys_crash".*who threw this/)
    assert.equal((await asJson(place, ['room', 'list'])).length, 1)
  })
}

test('reload takes up what changed, or nothing at all', async (t) => {
  const place = await newPlace(t)
  const local = join(place.root, 'config', 'local.yaml')
  const { child, seen } = await startServer(place)
  writeFileSync(local, 'limits:\n  postBurst: 40\ntimeouts:\n  headers: 20s\n')
  const left = await place.parley(['reload'])
  assert.deepEqual(left, {
    code: 0,
    stdout: 'Changed: limits.postBurst\nOnly after a restart: timeouts.headers\n',
    stderr: '',
  })
  assert.equal((await place.parley(['reload'])).stdout, 'Nothing has changed.\nOnly after a restart: timeouts.headers\n')

  writeFileSync(local, 'limits:\n  postBurts: 50\n')
  const refused = await place.parley(['reload'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /local\.yaml:2:3 limits\.postBurts — unknown setting\. Did you mean "postBurst"/)

  const heard = new Promise<void>((resolve) => child.stderr?.on('data', () => seen.stderr.includes('sys_config_refused') && resolve()))
  child.kill('SIGHUP')
  await heard
  writeFileSync(local, 'limits:\n  postBurst: 50\n')
  assert.match((await place.parley(['status'])).stdout, /^state +ready$/m)
})

test('a port that is taken and a broken configuration are said in words, and nothing is left behind', async (t) => {
  const place = await newPlace(t)
  const { url } = await startServer(place)
  const other = await newPlace(t)
  const taken = await other.parley(['serve'], { env: { PARLEY__SERVER__PORT: new URL(url).port } })
  assert.equal(taken.code, 1)
  assert.match(taken.stderr, /127\.0\.0\.1:\d+ is in use by another program\. Set server\.port/)
  assert.equal(existsSync(join(other.data, 'parley.pid')), false)
  const broken = await other.parley(['serve'], { env: { PARLEY__SERVER__PROT: '1' } })
  assert.equal(broken.code, 2)
  assert.match(broken.stderr, /env PARLEY__SERVER__PROT/)
})

test('once there is an account nobody is offered to make the first', async (t) => {
  const place = await newPlace(t)
  await asJson(place, ['account', 'add', 'ada', '--role', 'admin', '--password-stdin'], password)
  writeFileSync(join(place.data, 'setup-link'), 'an old one')
  const { child, seen, ended } = await startServer(place)
  child.kill('SIGINT')
  assert.deepEqual(await ended, [0, null])
  assert.ok(!seen.stderr.includes('No account exists'))
  assert.equal(existsSync(join(place.data, 'setup-link')), false)
})
