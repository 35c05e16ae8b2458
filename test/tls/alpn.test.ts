import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { connect, type TLSSocket } from 'node:tls'
import { certificate, startHouse } from '../support/house.ts'

test('after the handshake Node keeps no list of protocols for a connection, and what was agreed upon still holds', async () => {
  const house = await startHouse()
  const { server, port } = house.service
  const met = once(server, 'secureConnection') as Promise<[TLSSocket]>
  const ada = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: certificate().cert, ALPNProtocols: ['h2', 'http/1.1'] })
  const [socket] = await met
  const options = Reflect.get(socket, '_tlsOptions') as object
  assert.ok('ALPNProtocols' in options, 'Node calls it something else now: src/tls/alpn.ts does nothing any more')
  assert.equal(options.ALPNProtocols, undefined)
  assert.equal(socket.alpnProtocol, 'http/1.1')
  ada.destroy()
  await house.close()
})
