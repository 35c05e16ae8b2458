import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { WebSocket, WebSocketServer } from 'ws'
import { answerParent } from './weighing.ts'

/** 48 full stops for whoever looks at each number, 96 bytes for whoever counts those. */
const numbers = new Uint16Array(48).fill(0x2e)

/**
 * The least that one writes over ws, in a process of its own: an echo with every default, which hands on what it is told to close with.
 * The package is that in the folder named: an old one with a known fault, or ours.
 */
const require = createRequire(import.meta.url)
const ws = require(process.argv[2] ?? '') as { WebSocketServer?: typeof WebSocketServer; Server: typeof WebSocketServer }
const server = createServer()
const sockets = new (ws.WebSocketServer ?? ws.Server)({ server })
sockets.on('connection', (socket: WebSocket) => {
  socket.on('error', () => undefined)
  socket.on('message', (data) => {
    if (String(data) !== 'close with numbers') return socket.send(String(data))
    // What lay in memory before: a secret of somebody else.
    Buffer.from('the secret of somebody else '.repeat(40))
    try {
      socket.close(1000, numbers as object as Buffer)
    } catch {
      socket.close(1000, 'refused')
    }
  })
})
answerParent(
  () => ({ connections: sockets.clients.size, faults: [] }),
  async () => server.closeAllConnections(),
)
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, tokens: ['', ''], room: '' }))
