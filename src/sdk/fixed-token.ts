import type { CredentialWhy } from './connection.ts'
import { Denied } from './errors.ts'
import type { Credential } from './socket.ts'

/** The part of `fetch` that is used. */
export type Fetch = (
  url: URL,
  init: { method: string; headers: Record<string, string>; signal: AbortSignal },
) => Promise<{ status: number }>

interface Asked {
  /** `wss://HOST/ws` */
  url: string
  token: string
  /** Default: the global one. */
  fetch?: Fetch
}

const patienceMs = 5_000

/**
 * A token that does not change. Asking again with one that was turned away would go on for ever, and a WebSocket that was refused does
 * not say why: after an attempt that led to nothing a request over HTTPS goes first, whose answer can be read.
 */
export function fixedToken({ url, token, fetch: ask = fetch }: Asked) {
  let isTried = false

  /** Only a clear no counts: where nothing can be asked, the socket is tried. */
  async function isRefused(): Promise<boolean> {
    const headers = { Authorization: `Bearer ${token}` }
    try {
      const rooms = new URL('/api/v1/rooms', url.replace(/^ws/, 'http'))
      return (await ask(rooms, { method: 'HEAD', headers, signal: AbortSignal.timeout(patienceMs) })).status === 401
    } catch {
      return false
    }
  }

  return {
    async credential(why: CredentialWhy): Promise<Credential> {
      if (why !== 'attempt' || (isTried && (await isRefused())))
        throw new Denied('new-credentials', 'The token has run out or was revoked.')
      isTried = true
      return { bearer: token }
    },
    /** It was taken: the next attempt asks nobody first. */
    taken(): void {
      isTried = false
    },
  }
}
