import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { WebSocket } from 'ws'

/** What the peers that are built on `ws` share: TLS as Parley has it, a room from the address, and who is in it. */
export const server = createServer({
  key: readFileSync(process.env.KEY as string),
  cert: readFileSync(process.env.CERT as string),
  ALPNProtocols: ['http/1.1'],
})

const rooms = new Map<string, Set<WebSocket>>()

export function enter(ws: WebSocket, address = ''): Set<WebSocket> {
  const room = rooms.getOrInsertComputed(new URL(address, 'https://localhost').searchParams.get('room') ?? '', () => new Set())
  room.add(ws)
  ws.on('close', () => room.delete(ws))
  return room
}

export function listen(): void {
  server.listen(0, '127.0.0.1', 1024, () => process.send?.({ port: (server.address() as AddressInfo).port }))
}
