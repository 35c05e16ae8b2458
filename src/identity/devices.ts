import { sign, unsign } from 'cookie-signature'
import { randomId } from './ids.ts'

/** Marks browsers in which an account has signed in before. It proves nothing but that: it gives the throttle another way to count. */
export interface Devices {
  /** The cookie's value for this account; the same device keeps its mark. */
  mark(account: string, before?: string): string
  /** The device's id, when the mark is ours and of this account. */
  read(mark: string | undefined, account: string): string | undefined
}

const purpose = 'device'

/** `cookieSecrets` newest first; a mark signed with a secret that is gone is forgotten. */
export function createDevices({ cookieSecrets }: { cookieSecrets: readonly string[] }): Devices {
  const read = (mark: string | undefined, account: string): string | undefined => {
    if (mark === undefined || mark.length > 300) return undefined
    for (const secret of cookieSecrets) {
      const plain = unsign(mark, secret)
      const [kind, whose, device] = plain === false ? [] : plain.split(' ')
      if (kind === purpose && whose === account) return device
    }
    return undefined
  }
  return {
    read,
    mark: (account, before) => sign(`${purpose} ${account} ${read(before, account) ?? randomId()}`, cookieSecrets[0] ?? ''),
  }
}
