import type { CredentialWhy } from './connection.ts'
import { Denied } from './errors.ts'
import type { Credential } from './socket.ts'

/**
 * A token that does not change. Asking again with one that was turned away would go on for ever, and a WebSocket that was refused does
 * not say why: from the second attempt on, a request over HTTPS is asked first, whose answer can be read.
 */
export function fixedToken({ url, token }: { url: string; token: string }): (why: CredentialWhy) => Promise<Credential> {
  const rooms = new URL('/api/v1/rooms', url.replace(/^ws/, 'http'))
  let attempts = 0

  /** Only a clear no counts: where nothing can be asked, the socket is tried. */
  async function isRefused(): Promise<boolean> {
    try {
      const answer = await fetch(rooms, { method: 'HEAD', headers: { Authorization: `Bearer ${token}` } })
      return answer.status === 401
    } catch {
      return false
    }
  }

  return async (why) => {
    if (why !== 'attempt' || (attempts++ > 0 && (await isRefused()))) {
      throw new Denied('new-credentials', 'The token has run out or was revoked.')
    }
    return { bearer: token }
  }
}
