import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import { type Chance, chance, often, seedOf } from '../gateway/chance.ts'
import { upgradeText } from '../gateway/raw.ts'
import { bent, damaged, forgedToken } from './forgeries.ts'
import { type Subject, startParley } from './subject.ts'

/** Ten times as many in a run of `npm run test:security`. */
const [upgrades, credentials] = [often(10_000), often(6000)]
const MiB = 2 ** 20
const roomy = { timeout: often(300_000) }
/** So many at a time, from so many addresses: a port that was used rests for a minute. */
const [hands, addresses] = [48, 40]

const unlimited = {
  ...Object.fromEntries(
    [
      'HANDSHAKESPERSECONDPERADDRESS',
      'HTTPREQUESTSPERSECONDPERADDRESS',
      'CONNECTIONSPERLOGIN',
      'CONNECTIONSPERACCOUNT',
      'HANDSHAKESINFLIGHT',
    ].map((name) => [`PARLEY__LIMITS__${name}`, '1000000']),
  ),
  // What a busy machine does late is late, not wrong.
  PARLEY__TIMEOUTS__HANDSHAKE: '60s',
}

/** Says this and no more; the status of every answer. */
function ask(port: number, bytes: Buffer | string, { below }: Chance): Promise<number[]> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.0.${2 + below(addresses)}`, noDelay: true })
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
    // Whoever was let in stays until it is shown out.
    if (text.startsWith('HTTP/1.1 101')) socket.destroy()
  })
  socket.write(bytes)
  // A request that lost its end is never answered: after a while the server is told that nothing more comes.
  const timer = setTimeout(() => socket.end(), 150)
  return new Promise((resolve) =>
    socket.on('close', () => {
      clearTimeout(timer)
      resolve([...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)))
    }),
  )
}

/** Does it `count` times, several at a time, each with chances of its own; weighs the server when it is warm and at the end. */
async function manyTimes(t: TestContext, subject: Subject, count: number, once: (luck: Chance) => Promise<void>): Promise<void> {
  const seed = seedOf(t)
  const share = (part: number) =>
    Promise.all(
      Array.from({ length: hands }, async (_, hand) => {
        const luck = chance(seed + hand)
        for (let i = 0; i < (count * part) / hands; i++) await once(luck)
      }),
    )
  await share(0.2)
  const before = await subject.weigh()
  await share(0.8)
  const after = await subject.weigh()
  const [used, rss] = [(after.used - before.used) / MiB, (after.rss - before.rss) / MiB]
  t.diagnostic(`${count} times; ${used.toFixed(1)} MiB more on the heap, ${rss.toFixed(1)} MiB more in all`)
  assert.deepEqual([...before.faults, ...after.faults], [])
  assert.ok(used < 32 && rss < 160, `${used} MiB, ${rss} MiB`)
}

const upgrade = ({ port }: Subject, token: string) => upgradeText(port, { headers: { Authorization: `Bearer ${token}` } })

test(
  `${credentials} forged tokens in upgrades that are right in everything else: none is let in, none breaks anything (JWT-11, JWT-01, WSH-05)`,
  roomy,
  async (t) => {
    const parley = await startParley(t, unlimited)
    const [ada = '', bob = ''] = parley.tokens
    assert.deepEqual(await ask(parley.port, upgrade(parley, ada), chance(1)), [101])
    await manyTimes(t, parley, credentials, async (luck) => {
      const token = forgedToken(ada, bob, luck)
      const statuses = await ask(parley.port, upgrade(parley, token), luck)
      assert.ok(statuses.length === 1 && [400, 401].includes(statuses[0] ?? 0), `${statuses}: ${token}`)
    })
    assert.deepEqual(await ask(parley.port, upgrade(parley, ada), chance(1)), [101])
  },
)

test(`${upgrades} damaged upgrades: none without a good token is let in, and none breaks anything (WSH-07, WSF-13)`, roomy, async (t) => {
  const parley = await startParley(t, unlimited)
  const [ada = '', bob = ''] = parley.tokens
  const expected = new Set([100, 101, 200, 303, 400, 401, 403, 404, 405, 413, 415, 417, 426, 431])
  await manyTimes(t, parley, upgrades, async (luck) => {
    const isGood = luck.below(3) === 0
    const bytes = damaged(upgrade(parley, isGood ? ada : forgedToken(ada, bob, luck)), luck)
    for (const status of await ask(parley.port, bytes, luck))
      assert.ok(expected.has(status) && (isGood || status !== 101), `${status}: ${bytes.toString('base64')}`)
  })
  assert.deepEqual(await ask(parley.port, upgrade(parley, ada), chance(1)), [101])
})

/** The cookie of ada's browser. */
async function cookieOf(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', origin: `https://localhost:${port}` },
    body: JSON.stringify({ name: 'ada', password: 'a long enough sentence' }),
  })
  assert.equal(answer.status, 200, await answer.text())
  const [cookie = ''] = answer.headers.getSetCookie().filter((one) => one.startsWith('__Host-Http-parley='))
  return cookie.split(';')[0] ?? ''
}

/** A cookie as a server reads it: an escape may be written in several ways. */
function meaning(cookie: string): string {
  try {
    return decodeURIComponent(cookie)
  } catch {
    return cookie
  }
}

test(`${credentials} forged cookies: nobody is signed in by one, and none breaks anything (SES-06)`, roomy, async (t) => {
  const parley = await startParley(t, unlimited)
  const cookie = await cookieOf(parley.port)
  const [name = '', value = ''] = cookie.split('=')
  const request = (one: string) => `GET /api/v1/session HTTP/1.1\r\nHost: localhost:${parley.port}\r\nCookie: ${one}\r\n`
  const last = 'Connection: close\r\n\r\n'
  assert.deepEqual(await ask(parley.port, request(cookie) + last, chance(1)), [200])
  const forged = (luck: Chance) => {
    const changed = bent(value, luck).replace(/[;,\s]/g, '')
    const decoded = decodeURIComponent(value)
    const [id = ''] = decoded.slice(2).split('.')
    return luck.pick([
      () => `${name}=${changed}`,
      () => `${name}=${changed}; ${name}=${bent(value, luck).replace(/[;,\s]/g, '')}`,
      () => `${bent(name, luck).replace(/[;,=\s]/g, '')}=${value}`,
      () => `${name}=${encodeURIComponent(`s:${id}`)}`,
      () => `${name}=${id}`,
      () => `${cookie}; ${name}=${changed}`,
      () => `${name.toLowerCase()}=${value}`,
    ])()
  }
  const at = 50
  await manyTimes(t, parley, credentials / at, async (luck) => {
    const cookies = Array.from({ length: at }, () => forged(luck)).filter((one) => meaning(one) !== meaning(cookie))
    const text = cookies.map(request)
    const statuses = await ask(parley.port, `${text.join('\r\n')}${last}`, luck)
    assert.deepEqual([statuses.length, ...new Set(statuses)], [cookies.length, 401], cookies.join('\n'))
  })
  assert.deepEqual(await ask(parley.port, request(cookie) + last, chance(1)), [200])
})
