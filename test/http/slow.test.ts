import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { RawClient } from '../gateway/raw.ts'
import { startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
before(async () => {
  const settings = { PARLEY__TIMEOUTS__HEADERS: '1s', PARLEY__TIMEOUTS__REQUEST: '2s', PARLEY__TIMEOUTS__KEEPALIVE: '500ms' }
  house = await startHouse({ settings })
})
after(() => house.close())

/** Says this, and then a byte now and again for as long as anybody listens. */
async function dribbles(first: string, byte: string): Promise<string> {
  const client = await RawClient.dial(house.service.port)
  client.say(first)
  const drip = setInterval(() => client.say(byte), 20)
  const { status } = await client.answer()
  await client.closed
  clearInterval(drip)
  return String(status)
}

const post = 'POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/json\r\n'

// Most of each is waiting: they wait side by side.
suite('slow clients', { concurrency: true }, () => {
  test('headers that come byte by byte are cut off (HTTP-05)', async () => {
    assert.equal(await dribbles('GET /login HTTP/1.1\r\nHost: localhost\r\nX: ', 'x'), '408')
  })

  test('a request line that never ends is cut off (HTTP-05)', async () => {
    assert.equal(await dribbles('GET /', 'x'), '408')
  })

  test('a body that comes byte by byte is cut off, with a length and in chunks (HTTP-05)', async () => {
    assert.equal(await dribbles(`${post}Content-Length: 60000\r\n\r\n{"name":"`, 'x'), '408')
    assert.equal(await dribbles(`${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\nx\r\n'), '408')
  })

  test('whoever connects and says nothing, or nothing more, is hung up on (HTTP-05)', async () => {
    const silent = await RawClient.dial(house.service.port)
    await silent.closed
    const quiet = await RawClient.dial(house.service.port)
    assert.equal((await quiet.say('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n').answer()).status, 200)
    await quiet.closed
  })

  test('many slow ones keep nobody else waiting (HTTP-05)', async () => {
    const patient = await startHouse()
    const { port } = patient.service
    const slow = await Promise.all(Array.from({ length: 100 }, () => RawClient.dial(port)))
    for (const one of slow) one.say('GET /login HTTP/1.1\r\nX: ')
    const honest = await RawClient.dial(port)
    const { status } = await honest.say('GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n').answer()
    assert.equal(status, 200)
    assert.ok(
      slow.every(({ socket }) => !socket.destroyed),
      'while they all were still there',
    )
    for (const one of [...slow, honest]) one.hangUp()
    await patient.close()
  })

  test('more headers than sixteen kilobytes are refused, however they are cut up (HTTP-05)', async () => {
    for (const headers of [
      `X: ${'x'.repeat(20_000)}`,
      Array.from({ length: 2_000 }, (_, i) => `X-${i}: some words`).join('\r\n'),
      `${'X'.repeat(20_000)}: x`,
    ]) {
      const client = await RawClient.dial(house.service.port)
      const { status } = await client.say(`GET /login HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`).answer()
      assert.equal(status, 431)
      await client.closed
    }
  })
})
