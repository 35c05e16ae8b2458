import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RedisCommands } from '../bus/redis-commands.ts'
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
export type AttemptLimit = 'account' | 'address' | 'pair' | 'device' | 'in_a_row' | 'devices' | 'devices_in_a_row' | 'right'

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
type Limits = Record<'perAccount' | 'perAddress' | 'perPair' | 'failuresInARow', () => number> & {
  /** Where several nodes count together, under the name of their house and with a secret of it. While it cannot be reached each counts for itself. */
  together?: { redis: RedisCommands; house: string; salt: string; alone: () => void } | undefined
}

const day = 86_400
/** All devices of an account together have what so many would have: whoever collected more of them gains nothing by it. */
const devicesInSum = 3
/** Right ones a minute, in wrong ones: far above what people and their programs do, far below what keeps the processors busy. */
const rightPerWrong = 60

/**
 * How often somebody may try. Counted before the password is looked at, so that many guesses at once do not slip through, and given back
 * when it was right. A device that was signed in before counts on its own: whoever tries names from elsewhere does not lock its owner out.
 */
export function createThrottle({ perAccount, perAddress, perPair, failuresInARow, together }: Limits) {
  const salt = together?.salt ?? ownSalt
  /** Redis is told neither names nor addresses. */
  const keyOf = (key: string): string => (together ? hashOf(salt + key) : key)
  /** What counts while Redis is away. */
  const insurance: [AttemptLimit, RateLimiterMemory][] = []
  const inARow = { in_a_row: a('in_a_row', day), devices_in_a_row: a('devices_in_a_row', day) }
  const aMinute = { address: a('address', 60), pair: a('pair', 60), account: a('account', 60), device: a('device', 60) }
  const counters = { ...aMinute, devices: a('devices', 60), right: a('right', 60), ...inARow }

  const most: Record<AttemptLimit, () => number> = {
    address: perAddress,
    pair: perPair,
    account: perAccount,
    device: perAccount,
    devices: () => devicesInSum * perAccount(),
    right: () => rightPerWrong * perAccount(),
    in_a_row: failuresInARow,
    devices_in_a_row: () => devicesInSum * failuresInARow(),
  }

  function a(name: AttemptLimit, duration: number): RateLimiterMemory | RateLimiterRedis {
    const own = new RateLimiterMemory({ points: 1, duration })
    if (!together) return own
    insurance.push([name, own])
    const keyPrefix = `parley:${together.house}:limit:${name}`
    const insured = { insuranceLimiter: own, rejectIfRedisNotReady: true }
    return new RateLimiterRedis({ storeClient: together.redis, useRedisPackage: true, points: 1, duration, keyPrefix, ...insured })
  }

  /** Narrow ones first: no single address, and no single device, can use up what the account has. */
  function countedBy({ account, name, address, device }: Attempt): [AttemptLimit, string][] {
    for (const [limit, counter] of [...Object.entries(counters), ...insurance]) counter.points = most[limit as AttemptLimit]()
    const who = account ?? unknown(name, salt)
    if (device !== undefined)
      return [
        ['device', device],
        ['in_a_row', device],
        ['devices', who],
        ['devices_in_a_row', who],
      ]
    const from = addressKey(address)
    return [
      ['address', from],
      ['pair', `${who} ${from}`],
      ['account', who],
      ['in_a_row', who],
    ]
  }

  /** Only looked at here: a wrong one is none of them, or whoever guesses would lock the owner out. Those in flight are bounded by the others. */
  async function checkRight({ account }: Attempt): Promise<void> {
    const so = account === undefined ? null : await counters.right.get(keyOf(account))
    if (so !== null && so.consumedPoints >= most.right()) throw new TooManyAttempts('right', Math.max(1_000, so.msBeforeNext))
  }

  return {
    /** @throws TooManyAttempts */
    async take(attempt: Attempt): Promise<void> {
      if (together && !together.redis.isReady) together.alone()
      await checkRight(attempt)
      for (const [limit, key] of countedBy(attempt)) {
        try {
          await counters[limit].consume(keyOf(key))
        } catch (over) {
          if (!(over instanceof RateLimiterRes)) throw over
          throw new TooManyAttempts(limit, Math.max(1_000, over.msBeforeNext))
        }
      }
    },

    /** It was right: nothing of it is held against anybody, but that it took its time. */
    async giveBack(attempt: Attempt): Promise<void> {
      for (const [limit, key] of countedBy(attempt)) {
        if (limit in inARow) await counters[limit].delete(keyOf(key))
        else await counters[limit].reward(keyOf(key))
      }
      if (attempt.account !== undefined) await counters.right.penalty(keyOf(attempt.account))
    },
  }
}

/**
 * Names that nobody has are counted like those of people, whatever their case. They share boxes, so that made-up names cannot fill memory; which
 * ones share is for nobody to know, or a name that is not counted along with its fellows would be known to be somebody's.
 */
const boxes = 0x1_0000
const ownSalt = randomId()
const unknown = (name: string, salt: string): string =>
  `unknown-${Buffer.from(hashOf(salt + fold(name.slice(0, 64))), 'base64url').readUInt32BE() % boxes}`
