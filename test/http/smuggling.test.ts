import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { RawClient } from '../gateway/raw.ts'
import { startHouse, type TestHouse } from '../support/house.ts'
import { loot, smuggled } from './smuggling.ts'

let house: TestHouse
before(async () => {
  house = await startHouse()
})
after(() => house.close())

/** All that comes back until the server hangs up. */
async function answersTo(bytes: string): Promise<string> {
  const client = await RawClient.dial(house.service.port)
  let got = ''
  client.socket.on('data', (chunk) => {
    got += chunk
  })
  client.say(Buffer.from(bytes, 'latin1'))
  await client.closed
  return got
}

for (const { name, bytes } of smuggled('localhost')) {
  test(`a request that ends in two places is refused, and nothing behind it is a request: ${name} (HTTP-01)`, async () => {
    const got = await answersTo(bytes)
    assert.match(got, /^HTTP\/1\.1 4\d\d /)
    assert.match(got, /^connection: close\r$/im)
    assert.equal(got.match(/^HTTP\/1\.1 /gm)?.length, 1, got)
    assert.ok(!got.includes(loot))
  })
}

test('the same two requests without the trick are two: these tests can fail', async () => {
  const one = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const last = one.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')
  assert.equal((await answersTo(one + last)).split(loot).length, 3)
  const body = '2\r\n{}\r\n0\r\n\r\n'
  const post = `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n${body}`
  assert.equal((await answersTo(post + last)).split(loot).length, 2)
})

test('what is in a body is not a request, whatever it looks like (HTTP-01)', async () => {
  const inside = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'
  const got = await answersTo(
    `POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${inside.length}\r\n\r\n${inside}`,
  )
  assert.ok(!got.includes(loot), got)
})

test('a length behind more headers than are kept still counts (HTTP-01)', async () => {
  const many = Array.from({ length: 150 }, (_, i) => `X-${i}: a\r\n`).join('')
  const inside = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'
  for (const framing of [
    `Content-Length: ${inside.length}\r\n\r\n${inside}`,
    `Transfer-Encoding: chunked\r\n\r\n${inside.length.toString(16)}\r\n${inside}\r\n0\r\n\r\n`,
  ]) {
    const got = await answersTo(`POST /api/v1/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${many}${framing}`)
    assert.ok(!got.includes(loot), got)
  }
})
