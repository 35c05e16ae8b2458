import { Bucket } from '../chat/bucket.ts'
import { addressKey } from '../identity/address.ts'
import type { Login } from '../identity/logins.ts'
import type { Hub } from './hub.ts'

interface Limits {
  connections: number
  connectionsPerLogin: number
  connectionsPerAccount: number
  handshakesPerSecondPerAddress: number
}

/** Addresses that are counted at a time; beyond it all start anew, rather than grow without bound. */
const mostAddresses = 50_000

/** How many and how fast: what an address, a login and an account may have of this node. */
export function createQuotas({ hub, limits, monotonic }: { hub: Hub; limits: () => Limits; monotonic: () => number }) {
  const paces = new Map<string, Bucket>()
  return {
    /** 0, or ms until this address may try again. */
    pace(address: string): number {
      const { handshakesPerSecondPerAddress: rate } = limits()
      const key = addressKey(address)
      if (paces.size > mostAddresses) paces.clear()
      const bucket = paces.get(key) ?? new Bucket(rate, monotonic())
      paces.set(key, bucket)
      return bucket.take(monotonic(), rate, rate)
    },
    /** Undefined, or why this login can have no further connection now. Nobody else's connection ever makes room for it. */
    quota(login: Login): string | undefined {
      const { connections, connectionsPerLogin, connectionsPerAccount } = limits()
      const ofLogin = hub.logins.get(login.id)?.connections.size ?? 0
      const ofAccount = hub.accounts.get(login.account.id)?.connections.size ?? 0
      if (hub.connections.size >= connections) return 'This server has as many connections as it takes.'
      if (ofLogin >= connectionsPerLogin) return `A login can have at most ${connectionsPerLogin} connections.`
      if (ofAccount >= connectionsPerAccount) return `An account can have at most ${connectionsPerAccount} connections.`
      return undefined
    },
  }
}
