import { WebSocket, WebSocketServer } from 'ws'
import { enter, listen, server } from './rooms.ts'

/** A chat over `ws` as its documentation shows one: whatever comes is sent to each, one after another. Nothing is checked or kept. */
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (ws, request) => {
  const room = enter(ws, request.url)
  ws.on('error', () => undefined)
  ws.on('message', (data) => {
    const text = String(data)
    for (const client of room) if (client.readyState === WebSocket.OPEN) client.send(text)
  })
})
listen()
