import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Refusal } from '../protocol/codes.ts'
import { addressKey } from './address.ts'
import { hashOf } from './ids.ts'

/** One attempt to prove who one is. */
export interface Attempt {
  /** The account that the name belongs to, if it belongs to one. */
  account: string | undefined
  name: string
  address: string
  /** A device on which this account signed in before. */
  device?: string | undefined
}

interface Deps {
  /** Attempts a minute. */
  perAccount: () => number
  perAddress: () => number
}

const day = 86_400
/** NIST SP 800-63B: at most a hundred failures in a row. */
const failuresInARow = 100

/**
 * How often somebody may try. Counted before the password is looked at, so that many guesses at once do not slip through, and given back
 * when it was right. A device that was signed in before counts on its own: whoever tries names from elsewhere does not lock its owner out.
 */
export function createThrottle({ perAccount, perAddress }: Deps) {
  const byAccount = new RateLimiterMemory({ points: perAccount(), duration: 60 })
  const byPair = new RateLimiterMemory({ points: perAccount(), duration: 60 })
  const byDevice = new RateLimiterMemory({ points: perAccount(), duration: 60 })
  const byAddress = new RateLimiterMemory({ points: perAddress(), duration: 60 })
  const inARow = new RateLimiterMemory({ points: failuresInARow, duration: day })

  function countedBy({ account, name, address, device }: Attempt): [RateLimiterMemory, string][] {
    byAccount.points = byDevice.points = perAccount()
    byPair.points = Math.ceil(perAccount() / 2) // no single address can use up what the account has
    byAddress.points = perAddress()
    if (device !== undefined) return [[byDevice, device]]
    const who = account ?? unknown(name)
    const from = addressKey(address)
    return [
      [byAddress, from],
      [byPair, `${who} ${from}`],
      [byAccount, who],
      [inARow, who],
    ]
  }

  return {
    /** @throws Refusal rate_limited */
    async take(attempt: Attempt): Promise<void> {
      for (const [limiter, key] of countedBy(attempt)) {
        try {
          await limiter.consume(key)
        } catch (over) {
          if (!(over instanceof RateLimiterRes)) throw over
          const retryAfterMs = Math.max(1_000, over.msBeforeNext)
          throw new Refusal('rate_limited', 'Too many attempts to sign in.', { retryAfterMs })
        }
      }
    },

    /** It was right: nothing of it is held against anybody. */
    async giveBack(attempt: Attempt): Promise<void> {
      for (const [limiter, key] of countedBy(attempt)) {
        if (limiter === inARow) await limiter.delete(key)
        else await limiter.reward(key)
      }
    },
  }
}

/** Names that nobody has are counted like those of people, in a bounded number of boxes: memory cannot be filled with made-up names. */
const unknown = (name: string): string => `unknown-${hashOf(name).slice(0, 3)}`
