import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { createProxyEntrance } from '../../src/tls/proxy-entrance.ts'
import { createAuthority } from './authority.ts'
import { block } from './proxy-block.ts'

const pair = await (await createAuthority()).issue()
const line = 'PROXY TCP4 192.0.2.7 127.0.0.1 56324 443\r\n'
const get = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'
const asBlock = block(0x21, 0x11, [192, 0, 2, 7, 127, 0, 0, 1, 1, 2, 3, 4])

/** A server that answers every request with the address it comes from. */
async function behindProxy(t: TestContext, { tls = false, isTrusted = (_: string): boolean => true } = {}) {
  const refused: string[] = []
  const entrance = createProxyEntrance({ isTrusted, onRefused: (why) => void refused.push(why) })
  const server: Server = tls ? createTlsServer({ ...pair }) : createServer()
  server.on('request', (request, response) => void response.end(`for ${entrance.peerOf(request.socket)}`))
  server.on('clientError', (_, socket) => socket.destroy())
  entrance.guard(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  async function dial(): Promise<Socket> {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    t.after(() => socket.destroy())
    await once(socket, 'connect')
    return socket
  }
  return { server, refused, dial }
}

const answer = async (socket: Socket): Promise<string> => {
  let text = ''
  for await (const chunk of socket) {
    text += String(chunk)
    if (/for \S+$/.test(text)) return text.slice(text.indexOf('for '))
  }
  return 'nothing'
}

for (const [version, header] of [
  ['1', Buffer.from(line)],
  ['2', asBlock],
] as const) {
  test(`version ${version}: the request has the address of the header, in one piece or byte by byte`, async (t) => {
    const { dial } = await behindProxy(t)
    const whole = await dial()
    whole.write(Buffer.concat([header, Buffer.from(get)]))
    assert.equal(await answer(whole), 'for 192.0.2.7')
    const slow = (await dial()).setNoDelay()
    for (const byte of header) slow.write(Buffer.of(byte))
    slow.write(get)
    assert.equal(await answer(slow), 'for 192.0.2.7')
  })

  test(`version ${version} before TLS: the same, whether the handshake comes with the header or after it`, async (t) => {
    const { dial } = await behindProxy(t, { tls: true })
    for (const waits of [true, false]) {
      const socket = await dial()
      if (waits) await new Promise((written) => socket.write(header, written))
      else {
        socket.cork()
        socket.write(header)
        process.nextTick(() => socket.uncork())
      }
      const secured = connectTls({ socket, rejectUnauthorized: false }).on('error', () => undefined)
      secured.write(get)
      assert.equal(await answer(secured), 'for 192.0.2.7')
    }
  })
}

test('a keep-alive connection stays that of its client, and the next one from the same proxy is somebody else', async (t) => {
  const { dial } = await behindProxy(t)
  const [ada, bob] = [await dial(), await dial()]
  ada.write(line + get)
  bob.write(line.replace('.7', '.8') + get)
  const hears = async (socket: Socket) => / for \S+$/.exec(String((await once(socket, 'data'))[0]).replaceAll('\n', ' '))?.[0]
  assert.deepEqual(await Promise.all([ada, bob].map(hears)), [' for 192.0.2.7', ' for 192.0.2.8'])
  ada.write(get)
  assert.equal(await hears(ada), ' for 192.0.2.7')
})

test('a proxy that speaks for itself has its own address', async (t) => {
  const { dial } = await behindProxy(t)
  const check = await dial()
  check.write(Buffer.concat([block(0x20, 0, []), Buffer.from(get)]))
  assert.equal(await answer(check), 'for 127.0.0.1')
})

test('no header, half a header, a false one: nothing is answered (WSH-11)', async (t) => {
  const { dial, refused } = await behindProxy(t)
  for (const text of [get, 'PROXY TCP4 x\r\n', `${line.slice(0, 20)}${get}`, '\x16\x03\x01']) {
    const socket = await dial()
    socket.write(text)
    assert.equal(await answer(socket), 'nothing', text)
  }
  assert.deepEqual(refused, ['header', 'header', 'header', 'header'])
})

test('who says nothing is not waited for', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { server, dial, refused } = await behindProxy(t)
  const arrived = once(server, 'connection')
  const socket = await dial()
  await arrived
  const gone = once(socket, 'close')
  t.mock.timers.tick(2000)
  await gone
  assert.deepEqual(refused, ['deadline'])
})

test('a peer that is no proxy of ours is not even read (WSH-11)', async (t) => {
  const { dial, refused } = await behindProxy(t, { isTrusted: (peer) => peer === '192.0.2.1' })
  const socket = await dial()
  socket.write(line + get)
  assert.equal(await answer(socket), 'nothing')
  assert.deepEqual(refused, ['peer'])
})

test('the server can close while somebody is still at the header', async (t) => {
  const { server, dial } = await behindProxy(t)
  const arrived = once(server, 'connection')
  const socket = await dial()
  await arrived
  const closed = once(server, 'close')
  server.close()
  socket.write(line + get)
  assert.equal(await answer(socket), 'nothing')
  await closed
})
