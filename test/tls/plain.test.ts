import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { upgradeText } from '../gateway/raw.ts'
import { type Person, startHouse, type TestHouse } from '../support/house.ts'

let house: TestHouse
let ada: Person
let port: number

before(async () => {
  house = await startHouse()
  ada = await house.person('ada')
  port = house.service.port
})
after(() => house.close())

/** All that comes back for bytes that were sent without TLS. */
function answerTo(bytes: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('close', () => resolve(Buffer.concat(chunks)))
    socket.write(bytes)
  })
}

test('without TLS there is no page, no cookie and no socket: not one byte of HTTP is answered (TLS-06)', async () => {
  const head = `Host: localhost:${port}\r\nCookie: __Host-Http-parley=x\r\n`
  const body = '{"name":"ada","password":"a long enough sentence"}'
  for (const bytes of [
    `GET / HTTP/1.1\r\n${head}\r\n`,
    `GET /login HTTP/1.1\r\n${head}\r\n`,
    `POST /api/v1/login HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    upgradeText(port, { headers: { Authorization: `Bearer ${ada.token}` } }),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  ]) {
    const answer = await answerTo(bytes)
    assert.doesNotMatch(String(answer), /HTTP|cookie/i, bytes.slice(0, 30))
    // RFC 8446 §6: at most an alert, type 21.
    if (answer.length > 0) assert.equal(answer[0], 21, answer.toString('hex'))
  }
  assert.equal(house.service.connections(), 0)
  assert.ok(!house.log.join('').includes('ws_opened'))
})
