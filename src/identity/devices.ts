import { sign, unsign } from 'cookie-signature'
import type { AccountRow } from '../store/schema.ts'
import { hashOf, randomId } from './ids.ts'

/** Marks browsers in which an account has signed in before. It proves nothing but that: it gives the throttle another way to count. */
export interface Devices {
  /** The cookie's value for this account; the same device keeps its id. */
  mark(account: Holder, before?: string): string
  /** The device's id, when the mark is ours, of this account and of its present password, and not too old. */
  read(mark: string | undefined, account: Holder): string | undefined
  /** Whether we made it for anybody, not too long ago: all that can be said without a look into the store. */
  isOurs(mark: string | undefined): boolean
}

/** Whoever changes the password makes strangers of all devices: one of them may have been somebody else's. */
type Holder = Pick<AccountRow, 'id' | 'password'>

const purpose = 'device'
/** ms after the last sign-in. */
const life = 180 * 86_400_000

interface Content {
  account: string
  device: string
  epoch: string
}

/** `cookieSecrets` newest first; a mark signed with a secret that is gone is forgotten. `now` in ms. */
export function createDevices({ cookieSecrets, now }: { cookieSecrets: readonly string[]; now: () => number }): Devices {
  function open(mark: string | undefined): Content | undefined {
    if (mark === undefined || mark.length > 300) return undefined
    for (const secret of cookieSecrets) {
      const plain = unsign(mark, secret)
      const [kind, account, device, epoch, until] = plain === false ? [] : plain.split(' ')
      if (kind !== purpose || account === undefined || device === undefined || epoch === undefined) continue
      return Number(until) > now() ? { account, device, epoch } : undefined
    }
    return undefined
  }

  function read(mark: string | undefined, account: Holder): string | undefined {
    const content = open(mark)
    return content?.account === account.id && content.epoch === epochOf(account) ? content.device : undefined
  }

  return {
    read,
    isOurs: (mark) => open(mark) !== undefined,
    mark(account, before) {
      const device = read(before, account) ?? randomId()
      return sign([purpose, account.id, device, epochOf(account), now() + life].join(' '), cookieSecrets[0] ?? '')
    },
  }
}

/** Another for each password. The stored one has a random salt that no browser knows, so this says nothing of it. */
const epochOf = ({ password }: Holder): string => hashOf(`${purpose} ${password ?? ''}`).slice(0, 22)
