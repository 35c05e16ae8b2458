import type { Server, Socket } from 'node:net'
import { longestHeader, readProxyHeader } from './proxy-header.ts'

/** ms in which a proxy has to say for whom it comes. It does so with its first packet. */
const deadlineMs = 2000

interface Asked {
  /** Whether this peer is a proxy of ours, and may name anybody. */
  isTrusted: (peer: string) => boolean
  /** A connection was cut off. `peer` is the address that really connected. */
  onRefused: (why: 'peer' | 'header' | 'deadline', peer: string) => void
}

/**
 * The PROXY protocol before TLS or HTTP: each connection begins with a header that names the client, or is cut off. There is no
 * guessing: with guessing, any client could bring a header of its own.
 */
export function createProxyEntrance({ isTrusted, onRefused }: Asked) {
  /** Named clients by the connection of the proxy. Not by its socket: what TLS shows of it is another object. */
  const named = new Map<string, { source: string }>()

  function enter(socket: Socket, goOn: () => void): void {
    const peer = socket.remoteAddress ?? ''
    const refuse = (why: 'peer' | 'header' | 'deadline') => {
      socket.destroy()
      onRefused(why, peer)
    }
    if (!isTrusted(peer)) return refuse('peer')
    const timer = setTimeout(refuse, deadlineMs, 'deadline').unref()
    let held = Buffer.alloc(0)

    function take(): void {
      const chunk: Buffer | null = socket.read()
      if (chunk === null) return
      held = Buffer.concat([held, chunk])
      const header = readProxyHeader(held.length > longestHeader ? held.subarray(0, longestHeader) : held)
      if (header === 'more') return
      settle()
      if (header === 'wrong') return refuse('header')
      if (header.source !== undefined) remember(socket, header.source)
      if (held.length > header.length) socket.unshift(held.subarray(header.length))
      // Only once the stream knows that nobody listens for `readable` any more do others get its data by themselves.
      process.nextTick(goOn)
    }

    /** Gone before it said anything, which probes do; nobody needs to hear of it. */
    function give(): void {
      settle()
      socket.destroy()
    }

    function settle(): void {
      clearTimeout(timer)
      socket.off('readable', take).off('error', give).off('end', give).off('close', settle)
    }

    socket.on('readable', take).on('error', give).on('end', give).on('close', settle)
  }

  function remember(socket: Socket, source: string): void {
    const key = keyOf(socket)
    const mine = { source }
    named.set(key, mine)
    // The kernel may give the same port to the next one before this end is told.
    socket.once('close', () => named.get(key) === mine && named.delete(key))
  }

  return {
    /** Puts itself before all that this server does with a new connection. Call it before it listens. */
    guard(server: Server): void {
      const listeners = server.listeners('connection')
      server.removeAllListeners('connection')
      server.on('connection', (socket: Socket) => {
        enter(socket, () => {
          if (server.listening && !socket.destroyed) for (const listener of listeners) listener.call(server, socket)
          else socket.destroy()
        })
      })
    },
    /** Whose connection it is: the client that was named for it, else who connected. */
    peerOf: (socket: Socket): string | undefined => named.get(keyOf(socket))?.source ?? socket.remoteAddress,
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
