import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { enter, listen, server } from './rooms.ts'

/**
 * `ws` at its best, as far as a relay that checks and keeps nothing can go: framed once, one write per socket and turn
 * of the loop, past its sender.
 */
const queues = new Map<WebSocket, Buffer[]>()
let armed = false

function flush(): void {
  armed = false
  for (const [ws, frames] of queues) {
    const socket = Reflect.get(ws, '_socket') as Duplex | null
    if (ws.readyState === WebSocket.OPEN) socket?.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames))
  }
  queues.clear()
}

function framed(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const wide = length > 125
  const frame = Buffer.allocUnsafe((wide ? 4 : 2) + length)
  frame[0] = 0x81
  frame[1] = wide ? 126 : length
  if (wide) frame.writeUInt16BE(length, 2)
  frame.write(text, wide ? 4 : 2)
  return frame
}

new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (ws, request) => {
  const room = enter(ws, request.url)
  ws.on('error', () => undefined)
  ws.on('message', (data) => {
    const frame = framed(String(data))
    for (const client of room) {
      const waiting = queues.get(client)
      if (waiting) waiting.push(frame)
      else queues.set(client, [frame])
    }
    if (armed) return
    armed = true
    setImmediate(flush)
  })
})
listen()
