import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { Refusal } from '../protocol/codes.ts'
import { fold } from '../protocol/names.ts'
import { addressKey } from './address.ts'
import { hashOf, randomId } from './ids.ts'

/** One attempt to prove who one is. */
export interface Attempt {
  /** The account that the name belongs to, if it belongs to one. */
  account: string | undefined
  name: string
  address: string
  /** A device on which this account signed in before. */
  device?: string | undefined
}

/** Which limit was reached. */
export type AttemptLimit = 'account' | 'address' | 'pair' | 'device' | 'in_a_row'

/** Too many attempts; which limit says so is for the log, never for whoever tries. */
export class TooManyAttempts extends Refusal {
  override name = 'TooManyAttempts'
  readonly limit: AttemptLimit

  constructor(limit: AttemptLimit, retryAfterMs: number) {
    super('rate_limited', 'Too many attempts to sign in.', { retryAfterMs })
    this.limit = limit
  }
}

/** All but the last are attempts a minute. */
type Limits = Record<'perAccount' | 'perAddress' | 'perPair' | 'failuresInARow', () => number>

const day = 86_400

/**
 * How often somebody may try. Counted before the password is looked at, so that many guesses at once do not slip through, and given back
 * when it was right. A device that was signed in before counts on its own: whoever tries names from elsewhere does not lock its owner out.
 */
export function createThrottle({ perAccount, perAddress, perPair, failuresInARow }: Limits) {
  const a = (duration: number) => new RateLimiterMemory({ points: 1, duration })
  const counters = { address: a(60), pair: a(60), account: a(60), device: a(60), in_a_row: a(day) }

  /** Narrow ones first: no single address can use up what the account has. */
  function countedBy({ account, name, address, device }: Attempt): [AttemptLimit, string][] {
    const most = { address: perAddress(), pair: perPair(), account: perAccount(), device: perAccount(), in_a_row: failuresInARow() }
    for (const [limit, counter] of Object.entries(counters)) counter.points = most[limit as AttemptLimit]
    if (device !== undefined)
      return [
        ['device', device],
        ['in_a_row', device],
      ]
    const who = account ?? unknown(name)
    const from = addressKey(address)
    return [
      ['address', from],
      ['pair', `${who} ${from}`],
      ['account', who],
      ['in_a_row', who],
    ]
  }

  return {
    /** @throws TooManyAttempts */
    async take(attempt: Attempt): Promise<void> {
      for (const [limit, key] of countedBy(attempt)) {
        try {
          await counters[limit].consume(key)
        } catch (over) {
          if (!(over instanceof RateLimiterRes)) throw over
          throw new TooManyAttempts(limit, Math.max(1_000, over.msBeforeNext))
        }
      }
    },

    /** It was right: nothing of it is held against anybody. */
    async giveBack(attempt: Attempt): Promise<void> {
      for (const [limit, key] of countedBy(attempt)) {
        if (limit === 'in_a_row') await counters[limit].delete(key)
        else await counters[limit].reward(key)
      }
    },
  }
}

/**
 * Names that nobody has are counted like those of people, whatever their case. They share boxes, so that made-up names cannot fill memory; which
 * ones share is for nobody to know, or a name that is not counted along with its fellows would be known to be somebody's.
 */
const boxes = 0x1_0000
const salt = randomId()
const unknown = (name: string): string =>
  `unknown-${Buffer.from(hashOf(salt + fold(name.slice(0, 64))), 'base64url').readUInt32BE() % boxes}`
